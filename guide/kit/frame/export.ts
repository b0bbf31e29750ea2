/* What can be taken from a figure: its picture as SVG or PNG, its numbers as CSV. */
import type { Table } from "../../runtime/figure/element.ts";

const STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linecap",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
  "letter-spacing",
];

function save(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

function saveText(text: string, type: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  save(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The first picture, with the colours of the page written into it. */
function picture(frame: HTMLElement): { text: string; width: number; height: number } {
  const drawn = frame.querySelector<HTMLCanvasElement>("canvas.picture");
  const source = (drawn?.parentElement ?? frame).querySelector<SVGSVGElement>("svg.picture");
  if (drawn && !source) return painted(drawn);
  if (!source) throw new Error("missing picture");
  const copy = source.cloneNode(true) as SVGSVGElement;
  const copies = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  const sources = [source, ...source.querySelectorAll<SVGElement>("*")];
  sources.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of STYLES) {
      const value = style.getPropertyValue(name);
      if (value) copies[i]!.style.setProperty(name, value);
    }
    copies[i]!.removeAttribute("class");
    copies[i]!.removeAttribute("tabindex");
  });
  const { width, height } = source.getBoundingClientRect();
  if (drawn) copy.prepend(under(drawn, width, height));
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

/** What is painted, to lie under names and lines. */
function under(source: HTMLCanvasElement, width: number, height: number): SVGImageElement {
  const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
  image.setAttribute("href", source.toDataURL());
  image.setAttribute("width", String(width));
  image.setAttribute("height", String(height));
  return image;
}

/** A picture of points on the paper that it is drawn on. */
function painted(source: HTMLCanvasElement): { text: string; width: number; height: number } {
  const { width, height } = source.getBoundingClientRect();
  const paper = getComputedStyle(document.body).backgroundColor;
  const size = `width="${width}" height="${height}"`;
  const text = `<svg xmlns="http://www.w3.org/2000/svg" ${size} style="background:${paper}"><image href="${source.toDataURL()}" ${size}/></svg>`;
  return { text, width, height };
}

export function saveSvg(frame: HTMLElement, name: string): void {
  saveText(picture(frame).text, "image/svg+xml", `${name}.svg`);
}

export async function savePng(frame: HTMLElement, name: string): Promise<void> {
  const { text, width, height } = picture(frame);
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  // toBlob waits for an idle moment, a second where there is none
  save(canvas.toDataURL(), `${name}.png`);
}

const quoted = (value: string | number): string =>
  typeof value === "string" && /[",\r\n]/.test(value)
    ? `"${value.replaceAll('"', '""')}"`
    : String(value);

export function csv({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

export function saveCsv(table: Table, name: string): void {
  saveText(csv(table), "text/csv", `${name}.csv`);
}
