"""Step 1, gradient descent: the same prediction, learned by small corrections.

A small network takes the place of the count table. Its weights begin as noise; for
each name we find how the loss moves with each weight, the gradient, and move the
weight a little the other way. Writing the gradient down by hand soon becomes too
much: Step 2 lets the numbers do it.

    python step1_gradient_descent.py FILE        FILE holds one name a line
"""
import math, random, sys
from pathlib import Path

# --- data ---
# a document is one line of the file, here a name
path = Path(__file__).with_name("names.txt")  # the names beside this program
if len(sys.argv) > 1: path = Path(sys.argv[1])  # or the file that you give it
text = path.read_text(encoding="utf-8-sig")  # -sig skips a mark that some editors add
docs = [line.strip() for line in text.split("\n") if line.strip()]
random.seed(42)  # the same order, and later the same weights, on every machine
random.shuffle(docs)
print(f"num docs: {len(docs)}")

# --- tokenizer ---
# each distinct character is a token; its id is its place in the sorted list
chars = sorted(set("".join(docs)))
BOS = len(chars)  # one more token, to mark where a document begins and ends
vocab_size = len(chars) + 1
print(f"vocab size: {vocab_size}")

def encode(doc):
    """From a document to its token ids, BOS at both ends."""
    return [BOS] + [chars.index(char) for char in doc] + [BOS]

# --- parameters ---
# three matrices of small random weights
n_embd = 16
n_hidden = 4 * n_embd
init_std = 0.08

def matrix(nout, nin):
    """Random weights, one row for each output."""
    return [[random.gauss(0, init_std) for _ in range(nin)] for _ in range(nout)]

state_dict = {
    "wte": matrix(vocab_size, n_embd),  # (vocab_size, n_embd)
    "mlp_fc1": matrix(n_hidden, n_embd),  # (n_hidden, n_embd)
    "mlp_fc2": matrix(vocab_size, n_hidden),  # (vocab_size, n_hidden)
}
# all weights in one flat list; a weight is known by its row and its place there
params = [(row, j) for w in state_dict.values() for row in w for j in range(len(row))]
print(f"num params: {len(params)}")

# --- model ---
def linear(x, w):
    """One number for each row of w: its dot product with x."""
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

def softmax(logits):
    """From any numbers to probabilities that keep their order."""
    # subtracting the largest changes no result and keeps exp small
    top = max(logits)
    exps = [math.exp(logit - top) for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]

def mlp(token_id):
    """From a token to a logit for each token to come next."""
    x = state_dict["wte"][token_id]  # (n_embd,)
    h = linear(x, state_dict["mlp_fc1"])  # (n_hidden,)
    h = [max(0.0, hj) for hj in h]  # relu
    return linear(h, state_dict["mlp_fc2"])  # (vocab_size,)

# --- loss of a document ---
def forward(tokens, n):
    """How badly the n next tokens were predicted: the mean of -ln p."""
    losses = []
    for pos_id in range(n):
        token_id, target_id = tokens[pos_id], tokens[pos_id + 1]
        probs = softmax(mlp(token_id))
        losses.append(-math.log(probs[target_id]))
    return sum(losses) / n

# --- gradient ---
def numerical_gradient(tokens, n):
    """Nudge each weight and see how the loss moves: one forward pass a weight."""
    eps = 1e-5
    loss = forward(tokens, n)
    gradient = []
    for row, j in params:
        kept = row[j]
        row[j] = kept + eps
        gradient.append((forward(tokens, n) - loss) / eps)
        row[j] = kept
    return loss, gradient

def analytic_gradient(tokens, n):
    """The chain rule by hand, from the loss back to every weight."""
    wte, fc1, fc2 = state_dict.values()
    dwte, dfc1, dfc2 = ([[0.0] * len(w[0]) for _ in w] for w in (wte, fc1, fc2))
    losses = []
    for pos_id in range(n):
        token_id, target_id = tokens[pos_id], tokens[pos_id + 1]

        # forward once more, keeping what the way back needs
        x = wte[token_id]
        h = [max(0.0, hj) for hj in linear(x, fc1)]
        probs = softmax(linear(h, fc2))
        losses.append(-math.log(probs[target_id]))

        # from the loss to the logits: p, less 1 where the target is
        dlogits = [p / n for p in probs]
        dlogits[target_id] -= 1 / n

        # through mlp_fc2, to its weights and to what came in
        dh = [0.0] * n_hidden
        for i, dlogit in enumerate(dlogits):
            for j in range(n_hidden):
                dfc2[i][j] += dlogit * h[j]
                dh[j] += dlogit * fc2[i][j]

        # through relu, which lets nothing past where it gave 0, and mlp_fc1
        dx = [0.0] * n_embd
        for j in range(n_hidden):
            if h[j] > 0:
                for k in range(n_embd):
                    dfc1[j][k] += dh[j] * x[k]
                    dx[k] += dh[j] * fc1[j][k]

        # and into the row of this token
        for k in range(n_embd):
            dwte[token_id][k] += dx[k]
    return sum(losses) / n, [g for dw in (dwte, dfc1, dfc2) for row in dw for g in row]

# --- update ---
learning_rate = 1.0

def update(lr_t, gradient):
    """Move every weight a little against its gradient."""
    for (row, j), g in zip(params, gradient):
        row[j] -= lr_t * g

# --- gradient check ---
# both ways on the first document, before anything is learned
tokens = encode(docs[0])
_, by_nudging = numerical_gradient(tokens, len(tokens) - 1)
_, by_chain_rule = analytic_gradient(tokens, len(tokens) - 1)
largest = max(abs(a - b) for a, b in zip(by_nudging, by_chain_rule))
print(f"gradient check: largest difference {largest:.1e}")

# --- training ---
num_steps = 1000
for step in range(num_steps):
    tokens = encode(docs[step % len(docs)])  # one document a step
    n = len(tokens) - 1
    loss, gradient = analytic_gradient(tokens, n)
    lr_t = learning_rate * (1 - step / num_steps)  # falls evenly towards 0
    update(lr_t, gradient)
    print(f"step {step + 1} / {num_steps} | loss {loss:.4f}")

# --- inference ---
block_size = 16  # the longest name to be written
temperature = 0.5  # below 1 the likely gets likelier, above 1 the unlikely does
for sample_idx in range(20):
    token_id, sample = BOS, []  # draw a token, feed it back, until BOS comes again
    for pos_id in range(block_size):
        logits = mlp(token_id)
        probs = softmax([logit / temperature for logit in logits])
        token_id = random.choices(range(vocab_size), weights=probs)[0]
        if token_id == BOS: break
        sample.append(chars[token_id])
    print(f"sample {sample_idx + 1}: {''.join(sample)}")
