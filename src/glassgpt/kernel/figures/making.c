/* Making the nodes of an expression, as the lesson's class makes Values. */
#include "figures/expression.h"
#include "base/maths.h"

Item refused(Reader *r, int why, int start, int end) {
    if (!r->mistake) {
        r->mistake = why;
        r->graph->error_start = start;
        r->graph->error_length = end - start;
    }
    return (Item){-1, 0, start, end};
}

int make_node(Reader *r, int op, int first, int second, const Item *where) {
    glassgpt_graph *g = r->graph;
    const int i = g->num_nodes;
    if (i == MOST_NODES) {
        refused(r, REFUSED_NODES, where->start, where->end);
        return 0;
    }
    g->num_nodes++;
    g->op[i] = op, g->first[i] = first, g->second[i] = second;
    g->start[i] = where->start, g->length[i] = where->end - where->start;
    g->letter[i] = -1, g->whole[i] = i, g->derived[i] = 0, g->number[i] = 0;
    return i;
}

int make_number(Reader *r, double number, const Item *where) {
    const int i = make_node(r, OP_NUMBER, -1, -1, where);
    if (!r->mistake) r->graph->number[i] = number;
    return i;
}

Item plain(Reader *r, double number, int start, int end) {
    if (!is_finite(number)) return refused(r, REFUSED_LARGE, start, end);
    return (Item){-1, number, start, end};
}

/* a + b or a * b: where the first is a plain number, Python asks the second. */
Item combined(Reader *r, int op, Item a, Item b) {
    Item both = {-1, 0, a.start, b.end};
    if (r->mistake) return both;
    if (a.node < 0 && b.node < 0) {
        const double found = op == OP_ADD ? a.number + b.number : a.number * b.number;
        return plain(r, found, a.start, b.end);
    }
    const Item self = a.node < 0 ? b : a, other = a.node < 0 ? a : b;
    const int second = other.node < 0 ? make_number(r, other.number, &other) : other.node;
    both.node = make_node(r, op, self.node, second, &both);
    return both;
}

/* Marks the nodes from `from` on as one operation that the last of them ends. */
static void mark_derived(Reader *r, int from, int op) {
    glassgpt_graph *g = r->graph;
    if (r->mistake) return;
    const int last = g->num_nodes - 1;
    for (int i = from; i <= last; i++) g->whole[i] = last, g->derived[i] = 0;
    g->derived[last] = op;
}

Item raised(Reader *r, Item base, Item n) {
    Item both = {-1, 0, base.start, n.end};
    if (r->mistake) return both;
    if (n.node >= 0) return refused(r, REFUSED_EXPONENT, n.start, n.end);
    if (base.node < 0) {
        const int why = raise_to(base.number, n.number, &both.number);
        return why ? refused(r, why, both.start, both.end) : both;
    }
    both.node = make_node(r, OP_POW, base.node, -1, &both);
    if (!r->mistake) r->graph->number[both.node] = n.number;
    return both;
}

/* x * -1. */
Item negated(Reader *r, Item x, int start) {
    x.start = start;
    if (r->mistake) return x;
    if (x.node < 0) return plain(r, -x.number, start, x.end);
    const int from = r->graph->num_nodes;
    const Item made = combined(r, OP_MUL, x, (Item){-1, -1, start, x.end});
    mark_derived(r, from, OP_NEG);
    return made;
}

/* a - b is a + -b, a / b is a * b**-1: of plain numbers that is what it comes to, but
   Python asks a number before it asks a Value, and the class has no answer to that. */
Item derived(Reader *r, int op, Item a, Item b) {
    if (r->mistake) return a;
    if (a.node < 0 && b.node >= 0)
        return refused(r, REFUSED_NUMBER_FIRST, a.start, b.end);
    if (a.node < 0 && op == OP_DIV && b.number == 0)
        return refused(r, REFUSED_ZERO, a.start, b.end);
    if (a.node < 0 && op == OP_DIV)
        return plain(r, a.number / b.number, a.start, b.end);
    const int from = r->graph->num_nodes;
    const Item whole = {b.node, b.number, a.start, b.end};
    Item second = op == OP_SUB ? negated(r, whole, a.start)
                               : raised(r, whole, (Item){-1, -1, b.start, b.end});
    if (b.node < 0) second.start = b.start;
    const Item made = combined(r, op == OP_SUB ? OP_ADD : OP_MUL, a, second);
    if (b.node >= 0) mark_derived(r, from, op);
    return made;
}

/* A plain number in log, exp and relu becomes a Value: it has no such methods itself. */
Item applied(Reader *r, int op, Item x, int start, int end) {
    Item made = {-1, 0, start, end};
    if (r->mistake) return made;
    if (x.node < 0) x.node = make_number(r, x.number, &x);
    made.node = make_node(r, op, x.node, -1, &made);
    return made;
}
