/* What a page does besides its figures: a file for each thing. */
import { copyButtons } from "./copy.ts";
import { droppedFiles } from "./drop.ts";
import { filemap } from "./filemap.ts";
import { glossaryCards } from "./glossary.ts";
import { litFragments } from "./highlight.ts";
import { keys } from "./keys.ts";
import { movedLesson } from "./moved.ts";
import { onDemand } from "./on-demand.ts";
import { questions } from "./questions/questions.ts";
import { reading } from "./reading.ts";
import { search } from "./search/search.ts";
import { themeButton } from "./theme.ts";

movedLesson();
themeButton();
search();
keys();
droppedFiles();
litFragments();
questions();
copyButtons();
onDemand();
reading();
glossaryCards();
filemap();
