/* Reading an expression: statements, sums, products, signs, powers, and what is in them.

   What Python works out before a Value is met stays a plain number here too: 2 * 3 * a
   has the nodes a, 6 and their product. Letters that are not assigned are made first,
   in the order in which they appear. */
#include "figures/expression.h"

enum { MOST_DEEP = 60, MOST_DIGITS = 15, MOST_EXPONENT = 300 };

static Item sum(Reader *r);
static Item signed_item(Reader *r);

static int is_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static int is_digit(int c) { return c >= '0' && c <= '9'; }
static int is_space(int c) { return c == ' ' || c == '\t' || c == 0xA0; }
static int is_end(int c) { return c == 0 || c == ';' || c == '\n'; }

/* The character `ahead` of here, 0 past the end. Signs as they are printed stand for
   those of a keyboard. */
static int character(const Reader *r, int ahead) {
    const int at = r->at + ahead, c = at < r->length ? r->text[at] : 0;
    if (c == 0x2212) return '-';
    if (c == 0xD7 || c == 0xB7) return '*';
    return c == 0xF7 ? '/' : c;
}

/* The next character that is no space. */
static int next(Reader *r) {
    while (is_space(character(r, 0))) r->at++;
    return character(r, 0);
}

static int accept(Reader *r, int c) {
    if (next(r) != c) return 0;
    r->at++;
    return 1;
}

/* What stands here cannot follow what was read. */
static Item misplaced(Reader *r) {
    const int c = next(r), at = r->at;
    if (c == ')') return refused(r, REFUSED_UNOPENED, at, at + 1);
    if (c == '=') return refused(r, REFUSED_ASSIGNMENT, at, at + 1);
    if (c == '^') return refused(r, REFUSED_CARET, at, at + 1);
    if (is_letter(c) || is_digit(c) || c == '(' || c == '.')
        return refused(r, REFUSED_OPERATION, at, at + 1);
    return refused(r, REFUSED_CHARACTER, at, at + 1);
}

/* Here a letter, a number or "(" must stand. */
static Item lacking(Reader *r) {
    const int c = next(r), at = r->at;
    if (is_end(c)) return refused(r, REFUSED_UNFINISHED, at, at);
    const int known = c == ')' || c == '*' || c == '/' || c == '=' || c == '.';
    if (c == '^') return refused(r, REFUSED_CARET, at, at + 1);
    return refused(r, known ? REFUSED_OPERAND : REFUSED_CHARACTER, at, at + 1);
}

/* The whole number from here on; its digits are counted where it is not 0. */
static double digits(Reader *r, double before, int *count) {
    for (; is_digit(character(r, 0)); r->at++) {
        before = before * 10 + (character(r, 0) - '0');
        if (before > 0) ++*count;
    }
    return before;
}

static int begins_number(const Reader *r) {
    return is_digit(character(r, character(r, 0) == '.'));
}

/* Of so few digits that the number and the power of ten are exact, as far as 1e22. */
static Item number(Reader *r) {
    const int start = r->at;
    int count = 0, places = 0, sign = 1, up = 0;
    double found = digits(r, 0, &count);
    if (character(r, 0) == '.') {
        const int point = ++r->at;
        found = digits(r, found, &count);
        places = r->at - point;
    }
    const int signs = character(r, 1) == '-' || character(r, 1) == '+';
    if (character(r, 0) == 'e' && is_digit(character(r, 1 + signs))) {
        int ignored = 0;
        sign = character(r, 1) == '-' ? -1 : 1;
        r->at += 1 + signs;
        const double power = digits(r, 0, &ignored);
        up = power > MOST_EXPONENT ? MOST_EXPONENT + 1 : (int)power;
    }
    const int bad = character(r, 0) == '.' && is_digit(character(r, 1));
    if (bad || count > MOST_DIGITS || places > MOST_EXPONENT || up > MOST_EXPONENT) {
        while (is_digit(character(r, 0)) || character(r, 0) == '.') r->at++;
        return refused(r, REFUSED_DIGITS, start, r->at);
    }
    double scale = 1;
    const int power = sign * up - places;
    for (int i = 0; i < (power < 0 ? -power : power); i++) scale *= 10;
    return plain(r, power < 0 ? found / scale : found * scale, start, r->at);
}

/* The length of the word that begins here, and which operation it names; OP_LETTER for
   one letter, -1 for none. */
static int word(const Reader *r, int *op) {
    static const struct { char name[5]; int op; } names[] = {
        {"log", OP_LOG}, {"exp", OP_EXP}, {"relu", OP_RELU}};
    int size = 0;
    while (is_letter(character(r, size))) size++;
    *op = size == 1 && character(r, 0) >= 'a' ? OP_LETTER : -1;
    for (int i = 0; i < 3; i++) {
        int same = 0;
        while (same < size && names[i].name[same] == character(r, same)) same++;
        if (same == size && !names[i].name[same]) *op = names[i].op;
    }
    return size;
}

static Item bracketed(Reader *r) {
    const int start = r->at++;
    if (r->depth++ == MOST_DEEP) return refused(r, REFUSED_DEEP, start, start + 1);
    Item inside = sum(r);
    r->depth--;
    if (r->mistake) return inside;
    if (is_end(next(r))) return refused(r, REFUSED_UNCLOSED, start, start + 1);
    if (!accept(r, ')')) return misplaced(r);
    inside.start = start, inside.end = r->at;
    return inside;
}

static Item named(Reader *r) {
    const int start = r->at;
    int op;
    r->at += word(r, &op);
    if (op < 0) return refused(r, REFUSED_NAME, start, r->at);
    if (op == OP_LETTER) {
        const int letter = character(r, -1) - 'a';
        return (Item){r->node_of[letter], 0, start, r->at};
    }
    const int end = r->at;
    if (next(r) != '(') return refused(r, REFUSED_CALL, start, end);
    const Item inside = bracketed(r);
    return applied(r, op, inside, start, r->at);
}

/* x.log(), as the lesson writes it. */
static Item with_methods(Reader *r, Item x) {
    while (!r->mistake && x.node >= 0 && next(r) == '.' && is_letter(character(r, 1))) {
        const int start = ++r->at;
        int op;
        r->at += word(r, &op);
        const int end = r->at;
        if (op <= OP_LETTER) return refused(r, REFUSED_NAME, start, end);
        if (!accept(r, '(') || !accept(r, ')')) return refused(r, REFUSED_CALL, start, end);
        x = applied(r, op, x, x.start, r->at);
    }
    return x;
}

static Item primary(Reader *r) {
    const int c = next(r);
    if (c == '(') return with_methods(r, bracketed(r));
    if (is_letter(c)) return with_methods(r, named(r));
    if (begins_number(r)) return number(r);
    return lacking(r);
}

static Item powers(Reader *r) {
    const Item base = primary(r);
    if (r->mistake || next(r) != '*' || character(r, 1) != '*') return base;
    r->at += 2;
    const Item n = signed_item(r);
    return raised(r, base, n);
}

static Item signed_item(Reader *r) {
    const int c = next(r), start = r->at;
    if (c != '-' && c != '+') return powers(r);
    r->at++;
    if (r->depth++ == MOST_DEEP) return refused(r, REFUSED_DEEP, start, start + 1);
    Item x = signed_item(r);
    r->depth--;
    if (c == '-') return negated(r, x, start);
    if (!r->mistake && x.node >= 0) return refused(r, REFUSED_PLUS_SIGN, start, x.end);
    x.start = start;
    return x;
}

static Item product(Reader *r) {
    Item found = signed_item(r);
    while (!r->mistake) {
        const int c = next(r);
        if (c != '*' && c != '/') break;
        r->at++;
        const Item other = signed_item(r);
        found = c == '*' ? combined(r, OP_MUL, found, other)
                         : derived(r, OP_DIV, found, other);
    }
    return found;
}

static Item sum(Reader *r) {
    Item found = product(r);
    while (!r->mistake) {
        const int c = next(r);
        if (c != '+' && c != '-') break;
        r->at++;
        const Item other = product(r);
        found = c == '+' ? combined(r, OP_ADD, found, other)
                         : derived(r, OP_SUB, found, other);
    }
    return found;
}

/* The letter of `letter =`, and past it; -1 where the statement begins otherwise. */
static int target(Reader *r) {
    const int c = next(r), before = r->at;
    int op;
    if (!is_letter(c) || word(r, &op) != 1 || op != OP_LETTER) return -1;
    r->at++;
    if (accept(r, '=')) return c - 'a';
    r->at = before;
    return -1;
}

/* Letters that are used before they are assigned, as nodes. */
static void make_letters(Reader *r) {
    int assigned[LETTERS] = {0}, op;
    while (r->at < r->length && !r->mistake) {
        const int to = target(r);
        while (!is_end(character(r, 0)) && !r->mistake) {
            if (begins_number(r)) {
                number(r); /* its e is no letter */
                continue;
            }
            const int size = is_letter(character(r, 0)) ? word(r, &op) : 0;
            const int letter = size && op == OP_LETTER ? character(r, 0) - 'a' : -1;
            if (letter >= 0 && !assigned[letter] && r->node_of[letter] < 0) {
                const Item where = {-1, 0, r->at, r->at + 1};
                r->node_of[letter] = make_node(r, OP_LETTER, -1, -1, &where);
                r->graph->letter[r->node_of[letter]] = letter;
            }
            r->at += size ? size : 1;
        }
        if (to >= 0) assigned[to] = 1;
        r->at++;
    }
    r->at = 0;
}

/* One statement; a plain number that is given a name becomes a Value. */
static Item statement(Reader *r) {
    const int letter = target(r);
    Item made = sum(r);
    if (!r->mistake && !is_end(next(r))) misplaced(r);
    if (r->mistake || letter < 0) return made;
    if (made.node < 0) made.node = make_number(r, made.number, &made);
    if (r->mistake) return made;
    r->node_of[letter] = made.node;
    if (r->graph->letter[made.node] < 0) r->graph->letter[made.node] = letter;
    return made;
}

int glassgpt_expression_read(glassgpt_graph *graph, const int *text, int length) {
    Reader r = {.graph = graph, .text = text, .length = length};
    *graph = (glassgpt_graph){0};
    for (int i = 0; i < LETTERS; i++) r.node_of[i] = -1;
    if (length > MOST_CHARACTERS) refused(&r, REFUSED_LONG, MOST_CHARACTERS, length);
    if (!r.mistake) make_letters(&r);
    Item last = {-2, 0, 0, 0};
    while (!r.mistake && r.at < length) {
        if (is_end(next(&r))) r.at++;
        else last = statement(&r);
    }
    if (r.mistake) return r.mistake;
    if (last.node < -1) refused(&r, REFUSED_EMPTY, length, length);
    else if (last.node < 0) refused(&r, REFUSED_PLAIN, last.start, last.end);
    graph->top = last.node;
    return r.mistake;
}
