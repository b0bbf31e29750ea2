/* The graph of a loss, number by number: the Values that the lesson's program leaves.

   The program of Step 2 is followed line by line. Where it makes a Value, one is made
   here, of the same two children in the same order; sum() begins from a 0, a number that
   meets a Value becomes a Value, a minus is a product with -1 and a division a power.
   What no gradient reaches (a weight of a letter that does not occur, the probability of
   a token that did not come) is not made: the lesson's backward never sees it.

   Children are made before what is made of them, so the way back is the way through the
   nodes from the last to the first. */
#include "base/maths.h"
#include "core/models.h"

typedef struct {
    int *about;      /* (count, GRAPH_ABOUT) */
    double *numbers; /* (count, GRAPH_NUMBERS) */
    int count, position;
} Graph;

/* What a dot product makes of each of its columns: a product and a sum; and a 0. */
static int dot_size(int columns) { return 2 * columns + 1; }

static int is_used(const int *tokens, int n, int token) {
    for (int t = 0; t < n; t++)
        if (tokens[t] == token) return 1;
    return 0;
}

int glassgpt_loss_graph_size(const glassgpt *g, const int *tokens, int n) {
    const int V = g->sizes.V, C = g->sizes.C, F = g->sizes.F;
    if (g->model != MLP || n < 1 || !are_tokens(g, tokens, n + 1)) return 0;
    const int layers = F * dot_size(C) + F + V * dot_size(F);
    const double pair = layers + 3 * V + (V + 1) + 5;
    int rows = 0;
    for (int token = 0; token < V; token++) rows += is_used(tokens, n, token);
    const double size = n * pair + rows * C + F * C + V * F + n + 3;
    return size < GRAPH_LARGEST ? (int)size : 0;
}

static double data_of(const Graph *graph, int at) {
    return graph->numbers[(size_t)at * GRAPH_NUMBERS];
}

static int make(Graph *graph, int made, int part, int place, double data) {
    const int at = graph->count++;
    int *about = graph->about + (size_t)at * GRAPH_ABOUT;
    double *numbers = graph->numbers + (size_t)at * GRAPH_NUMBERS;
    about[0] = made;
    about[1] = part;
    about[2] = graph->position;
    about[3] = place;
    about[4] = about[5] = -1;
    numbers[0] = data;
    numbers[1] = numbers[2] = numbers[3] = 0;
    return at;
}

/* Sets a child of a node, 0 or 1, and how the node moves when it moves. */
static void from(Graph *graph, int at, int which, int child, double slope) {
    graph->about[(size_t)at * GRAPH_ABOUT + 4 + which] = child;
    graph->numbers[(size_t)at * GRAPH_NUMBERS + 2 + which] = slope;
}

static int leaf(Graph *graph, int part, int place, double data) {
    return make(graph, GRAPH_LEAF, part, place, data);
}

static int add(Graph *graph, int part, int place, int left, int right) {
    const double data = data_of(graph, left) + data_of(graph, right);
    const int at = make(graph, GRAPH_ADD, part, place, data);
    from(graph, at, 0, left, 1);
    from(graph, at, 1, right, 1);
    return at;
}

static int multiply(Graph *graph, int part, int place, int left, int right) {
    const double a = data_of(graph, left), b = data_of(graph, right);
    const int at = make(graph, GRAPH_MULTIPLY, part, place, a * b);
    from(graph, at, 0, left, b);
    from(graph, at, 1, right, a);
    return at;
}

/* 1 / x, exp, log or relu of one node. */
static int of_one(Graph *graph, int made, int part, int place, int child) {
    const double x = data_of(graph, child), grown = made == GRAPH_EXP ? exp(x) : 0;
    double data = x > 0 ? x : 0, slope = x > 0;
    if (made == GRAPH_POWER) data = 1 / x, slope = -1 / (x * x);
    if (made == GRAPH_EXP) data = slope = grown;
    if (made == GRAPH_LOG) data = log(x), slope = 1 / x;
    const int at = make(graph, made, part, place, data);
    from(graph, at, 0, child, slope);
    return at;
}

/* A row of w times x, whose numbers lie `stride` nodes apart. The parts of its products
   and sums follow on that of its 0. Returns the last sum. */
static int dot(Graph *graph, int part, int row, int columns, int w, int x, int stride) {
    int sum = -1;
    for (int j = 0; j < columns; j++) {
        const int place = row * columns + j;
        const int product =
            multiply(graph, part + 1, place, w + place, x + j * stride);
        const int before = j ? sum : leaf(graph, part, row, 0);
        sum = j ? add(graph, part + 2, place, before, product)
                : add(graph, part + 2, place, product, before);
    }
    return sum;
}

/* From logits, `stride` nodes apart, to -ln p of the target. */
static int pair_loss(Graph *graph, int logits, int stride, int V, int target) {
    double top = data_of(graph, logits);
    for (int i = 1; i < V; i++) {
        const double logit = data_of(graph, logits + i * stride);
        if (logit > top) top = logit;
    }
    const int exps = graph->count + 2; /* each with its constant and its difference */
    for (int i = 0; i < V; i++) {
        const int less = leaf(graph, GRAPH_TOP, i, -top);
        const int shifted = add(graph, GRAPH_SHIFTED, i, logits + i * stride, less);
        of_one(graph, GRAPH_EXP, GRAPH_EXPS, i, shifted);
    }
    int total = leaf(graph, GRAPH_TOTAL_ZERO, 0, 0);
    for (int i = 0; i < V; i++)
        total = i ? add(graph, GRAPH_TOTAL, i, total, exps + 3 * i)
                  : add(graph, GRAPH_TOTAL, i, exps, total);
    const int share = of_one(graph, GRAPH_POWER, GRAPH_INVERSE, 0, total);
    const int p = multiply(graph, GRAPH_PROBABILITY, target, exps + 3 * target, share);
    const int ln = of_one(graph, GRAPH_LOG, GRAPH_LN, 0, p);
    const int minus = leaf(graph, GRAPH_MINUS_ONE, 0, -1);
    return multiply(graph, GRAPH_PAIR_LOSS, 0, ln, minus);
}

/* The weights in their order, less the rows of wte of other tokens. Returns the node of
   the first one after wte. */
static int leaves(Graph *graph, const glassgpt *g, const int *tokens, int n) {
    const int V = g->sizes.V, C = g->sizes.C;
    for (int token = 0; token < V; token++)
        for (int k = 0; k < C && is_used(tokens, n, token); k++) {
            const int weight = token * C + k;
            leaf(graph, GRAPH_WEIGHT, weight, (double)g->weights[weight]);
        }
    const int first = graph->count;
    for (int weight = V * C; weight < g->num_weights; weight++)
        leaf(graph, GRAPH_WEIGHT, weight, (double)g->weights[weight]);
    return first;
}

/* The node of the first number of a token's row of wte. */
static int row_of(const glassgpt *g, const int *tokens, int n, int token) {
    int before = 0;
    for (int other = 0; other < token; other++) before += is_used(tokens, n, other);
    return before * g->sizes.C;
}

/* A pair's loss: the lesson's mlp, softmax and logarithm. */
static int forward(Graph *graph, const glassgpt *g, int x, int fc1, int target) {
    const int V = g->sizes.V, C = g->sizes.C, F = g->sizes.F;
    const int before = graph->count + dot_size(C) - 1;
    for (int j = 0; j < F; j++) dot(graph, GRAPH_FC1_ZERO, j, C, fc1, x, 1);
    const int hidden = graph->count;
    for (int j = 0; j < F; j++)
        of_one(graph, GRAPH_RELU, GRAPH_HIDDEN, j, before + j * dot_size(C));
    const int logits = graph->count + dot_size(F) - 1;
    for (int i = 0; i < V; i++)
        dot(graph, GRAPH_FC2_ZERO, i, F, fc1 + F * C, hidden, 1);
    return pair_loss(graph, logits, dot_size(F), V, target);
}

static void backward(Graph *graph) {
    graph->numbers[(size_t)(graph->count - 1) * GRAPH_NUMBERS + 1] = 1;
    for (int at = graph->count - 1; at >= 0; at--) {
        const int *about = graph->about + (size_t)at * GRAPH_ABOUT;
        const double *numbers = graph->numbers + (size_t)at * GRAPH_NUMBERS;
        for (int which = 0; which < 2; which++)
            if (about[4 + which] >= 0)
                graph->numbers[(size_t)about[4 + which] * GRAPH_NUMBERS + 1] +=
                    numbers[2 + which] * numbers[1];
    }
}

int glassgpt_loss_graph(const glassgpt *g, const int *tokens, int n, int *about,
                        double *numbers) {
    if (!glassgpt_loss_graph_size(g, tokens, n)) return 0;
    Graph graph = {about, numbers, 0, -1};
    const int fc1 = leaves(&graph, g, tokens, n);
    int sum = -1;
    for (int t = 0; t < n; t++) {
        graph.position = t;
        const int x = row_of(g, tokens, n, tokens[t]);
        const int loss = forward(&graph, g, x, fc1, tokens[t + 1]);
        /* the lesson adds them up at the end: the same nodes in another order */
        graph.position = -1;
        sum = t ? add(&graph, GRAPH_SUM, t, sum, loss)
                : add(&graph, GRAPH_SUM, t, loss, leaf(&graph, GRAPH_SUM_ZERO, 0, 0));
    }
    const int share = leaf(&graph, GRAPH_SHARE, 0, 1.0 / n);
    multiply(&graph, GRAPH_LOSS, 0, sum, share);
    backward(&graph);
    return graph.count;
}
