/* What reading an expression (reader.c) needs of making its nodes (making.c), and both
   of computing their values (tape.c). */
#ifndef GLASSGPT_EXPRESSION_H
#define GLASSGPT_EXPRESSION_H

#include "glassgpt.h"

enum { LETTERS = 26 };

/* What was read: a node, or with node -1 a plain number; and where it stands. */
typedef struct {
    int node;
    double number;
    int start, end;
} Item;

typedef struct {
    glassgpt_graph *graph;
    const int *text;
    int length, at, depth;
    int mistake;          /* the first one: nothing counts after it */
    int node_of[LETTERS]; /* -1 before a letter is met */
} Reader;

/* Notes a mistake in the text from start to end, unless there was one before. */
Item refused(Reader *r, int why, int start, int end);

int make_node(Reader *r, int op, int first, int second, const Item *where);
int make_number(Reader *r, double number, const Item *where);
Item plain(Reader *r, double number, int start, int end);

/* a + b or a * b. */
Item combined(Reader *r, int op, Item a, Item b);
/* a - b or a / b. */
Item derived(Reader *r, int op, Item a, Item b);
Item raised(Reader *r, Item base, Item n);
Item negated(Reader *r, Item x, int start);
/* log, exp or relu. */
Item applied(Reader *r, int op, Item x, int start, int end);

/* Writes x**n to y, as Python has it, and returns 0; or returns why there is none. */
int raise_to(double x, double n, double *y);

#endif
