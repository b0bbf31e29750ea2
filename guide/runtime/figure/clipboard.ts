/* Copying where the browser allows it. */

/** What to tell after copying: that it is done, or the text itself, to be copied by hand. */
export async function copy(text: string, done: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return done;
  } catch {
    return text;
  }
}
