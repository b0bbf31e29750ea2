/* Which lesson is about a part: those of the page, by the stations of layout.json. */
import layout from "./layout.json";

export interface StationLesson {
  station: string;
  path: string;
  number: string;
}

/** The first lesson at whose station a part stands. */
export function lessonOf(
  part: string,
  lessons: StationLesson[],
): (StationLesson & { link: string }) | undefined {
  const stations = layout.stations as Record<string, string[] | undefined>;
  const found = lessons.find(({ station }) => stations[station]?.includes(part));
  const root = document.documentElement.dataset["root"] ?? "/";
  return found && { ...found, link: root + found.path.slice(1) };
}
