/* The one way a number is written, as docs/documents.md says under "Numbers"; what is shown
   has a minus sign for the hyphen, at which no line breaks. */

const LARGEST_FIXED = 1e15;

/** `value` with `digits` decimals and a comma between thousands; ties go to even. */
export const formatNumber = (value: number, digits = 4): string =>
  signed(plainNumber(value, digits));

/** A number that is written already, with minus signs. */
export const signed = (text: string): string => text.replaceAll("-", "\u2212");

/** The same as Python writes it. */
export function plainNumber(value: number, digits = 4): string {
  if (!Number.isInteger(digits) || digits < 0 || digits > 20)
    throw new Error(`invalid digits: ${digits}; use 0 to 20`);
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Math.abs(value) >= LARGEST_FIXED) return exponent(value);
  const text = fixed(value, digits);
  if (/^-?[0.]*$/.test(text)) return value === 0 ? text.replace("-", "") : exponent(value);
  const [whole, rest] = text.split(".");
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/** A whole number with a comma between thousands. */
export const whole = (value: number): string => formatNumber(value, 0);

/** A probability in percent, in as few digits as tell it from none. */
export function percent(p: number): string {
  const value = 100 * p;
  return formatNumber(value, value >= 0.95 || value === 0 ? 0 : value >= 0.095 ? 1 : 2);
}

/** A number to so many digits that say something, however small it is. */
export function significant(value: number, digits = 3): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const written = value.toPrecision(digits);
  return signed(
    size < 1e-3 || size >= 1e6 ? value.toExponential(digits - 1) : String(Number(written)),
  );
}

function fixed(value: number, digits: number): string {
  const larger = value.toFixed(digits);
  // only what ends so can lie in the middle, and every digit takes long to write
  if (!value.toFixed(digits + 1).endsWith("5")) return larger;
  const [head, tail] = value.toFixed(100).split(".") as [string, string];
  const middle = tail[digits] === "5" && /^0*$/.test(tail.slice(digits + 1));
  const smaller = digits ? `${head}.${tail.slice(0, digits)}` : head;
  return middle ? evenTie(larger, smaller) : larger;
}

/** toFixed takes the larger neighbour in the middle: the smaller one where it is even. */
function evenTie(larger: string, smaller: string): string {
  return "02468".includes(smaller.at(-1)!) ? smaller : larger;
}

function exponent(value: number): string {
  const [mantissa, power] = value.toExponential(1).split("e") as [string, string];
  const exact = value.toExponential(100).split("e")[0]!;
  const [head, tail] = exact.split(".") as [string, string];
  const middle = tail[1] === "5" && /^0*$/.test(tail.slice(2));
  const digits = middle ? evenTie(mantissa, `${head}.${tail[0]}`) : mantissa;
  // where the even neighbour is taken the power is that of the exact value
  const of = middle && digits !== mantissa ? value.toExponential(100).split("e")[1]! : power;
  return `${digits}e${of[0]}${of.slice(1).padStart(2, "0")}`;
}
