/* The graph of an expression: its values and slopes, and the walk back from its top. */
#include "figures/expression.h"
#include "base/maths.h"

static int refuse(glassgpt_graph *g, int why, int node) {
    g->error_start = g->start[node];
    g->error_length = g->length[node];
    return why;
}

int raise_to(double x, double n, double *y) {
    if (x == 0 && n < 0) return REFUSED_ZERO;
    if (n > 1e9 || n < -1e9) return REFUSED_LARGE;
    if (x < 0 && n != (double)(int)n) return REFUSED_ROOT;
    *y = pow(x, n);
    return is_finite(*y) ? 0 : REFUSED_LARGE;
}

/* The value of x to the n, and its slope n x**(n - 1). */
static int power(double x, double n, double *y, double *slope) {
    const int why = raise_to(x, n, y);
    if (why) return why;
    const int steep = raise_to(x, n - 1, slope);
    *slope *= n;
    return steep == REFUSED_ZERO ? REFUSED_STEEP : steep;
}

/* Values of one node and its slopes to a and b, those it was made from. */
static int compute(glassgpt_graph *g, int i, double a, double b) {
    double y = 0, first = 0, second = 0;
    int why = 0;
    switch (g->op[i]) {
    case OP_NUMBER: y = g->number[i]; break;
    case OP_ADD: y = a + b, first = 1, second = 1; break;
    case OP_MUL: y = a * b, first = b, second = a; break;
    case OP_POW: why = power(a, g->number[i], &y, &first); break;
    case OP_LOG:
        if (a <= 0) return REFUSED_LOG;
        y = log(a), first = 1 / a;
        break;
    case OP_EXP: y = exp(a), first = y; break;
    case OP_RELU: y = a > 0 ? a : 0, first = a > 0; break;
    }
    g->data[i] = y, g->first_slope[i] = first, g->second_slope[i] = second;
    if (!why && !(is_finite(y) && is_finite(first))) why = REFUSED_LARGE;
    return why;
}

int glassgpt_expression_data(glassgpt_graph *graph, const double *numbers) {
    glassgpt_graph *g = graph;
    for (int i = 0; i < g->num_nodes; i++) {
        g->through[i] = 0;
        if (g->op[i] == OP_LETTER) {
            g->data[i] = numbers[g->letter[i]];
            g->first_slope[i] = g->second_slope[i] = 0;
            continue;
        }
        const double a = g->first[i] < 0 ? 0 : g->data[g->first[i]];
        const double b = g->second[i] < 0 ? 0 : g->data[g->second[i]];
        const int why = compute(g, i, a, b);
        if (why) return refuse(g, why, i);
        if (g->derived[i] == OP_SUB || g->derived[i] == OP_DIV) {
            g->through[i] = g->second_slope[i] * g->first_slope[g->second[i]];
            if (!is_finite(g->through[i])) return refuse(g, REFUSED_LARGE, i);
        }
    }
    return 0;
}

/* --- the walk back --- */

typedef struct {
    glassgpt_graph *graph;
    int walk, turns, count, refused;
    int *pushes;
    double *amounts;
} Walk;

/* The lesson's order: a node comes after everything that it was made from. */
static void visit(glassgpt_graph *g, int node, int *seen) {
    if (node < 0 || seen[node]) return;
    seen[node] = 1;
    visit(g, g->first[node], seen);
    visit(g, g->second[node], seen);
    g->order[g->num_order++] = node;
}

/* One edge: the node's gradient times the slope, for the one that it was made from. */
static void push(Walk *w, int node, int which) {
    glassgpt_graph *g = w->graph;
    const int child = which ? g->second[node] : g->first[node];
    if (child < 0 || w->refused) return;
    if (w->count == MOST_PUSHES) {
        w->refused = refuse(g, REFUSED_PUSHES, node);
        return;
    }
    const double slope = which ? g->second_slope[node] : g->first_slope[node];
    const double share = slope * g->grad[node];
    g->grad[child] = w->walk & WALK_OVERWRITE ? share : g->grad[child] + share;
    if (!is_finite(g->grad[child])) w->refused = refuse(g, REFUSED_LARGE, child);
    const int at = 3 * w->count++;
    w->pushes[at] = w->turns, w->pushes[at + 1] = node, w->pushes[at + 2] = which;
    w->amounts[at] = g->grad[node];
    w->amounts[at + 1] = share;
    w->amounts[at + 2] = g->grad[child];
}

/* A node's turn: it tells those that it was made from. */
static void tell(Walk *w, int node) {
    if (w->graph->first[node] < 0) return;
    push(w, node, 0);
    push(w, node, 1);
    w->turns++;
}

static void recurse(Walk *w, int node) {
    if (node < 0 || w->refused) return;
    tell(w, node);
    recurse(w, w->graph->first[node]);
    recurse(w, w->graph->second[node]);
}

int glassgpt_expression_walk(glassgpt_graph *graph, int walk, int *pushes,
                             double *amounts) {
    glassgpt_graph *g = graph;
    Walk w = {g, walk, 0, 0, 0, pushes, amounts};
    int seen[MOST_NODES] = {0};
    g->num_order = 0;
    visit(g, g->top, seen);
    for (int i = 0; i < g->num_nodes; i++) g->grad[i] = 0;
    for (int pass = 0; pass < (walk & WALK_TWICE ? 2 : 1); pass++) {
        g->grad[g->top] = 1;
        if (walk & WALK_RECURSION) recurse(&w, g->top);
        else
            for (int i = g->num_order - 1; i >= 0; i--) tell(&w, g->order[i]);
    }
    return w.refused ? -w.refused : w.count;
}
