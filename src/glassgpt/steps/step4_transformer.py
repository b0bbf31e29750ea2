"""Step 4, transformer: several heads, in as many layers as you like.

Each head works on its own slice of the query, the key and the value, with the same
matrices at the same cost. Attention and mlp now stand in a loop over layers. What
is left to mend is the update, one rate for all weights: Step 5 does.

    python step4_transformer.py FILE        FILE holds one name a line
"""
import gc, math, random, sys
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

# --- autograd ---
sys.setrecursionlimit(100_000)  # backward walks down graphs that are this deep
gc.disable()  # they hold no cycles, and the search for some would take most of the time
class Value:
    """A number that remembers how it was made."""
    __slots__ = ("data", "grad", "children", "local_grads")
    def __init__(self, data, children=(), local_grads=()):
        self.data = data  # the number itself
        self.grad = 0.0  # how the loss moves when it moves, filled in by backward
        self.children = children  # the Values it was made from
        self.local_grads = local_grads  # how it moves when each of them moves

    # the basic operations, each with its local gradients
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))
    def __pow__(self, n): return Value(self.data**n, (self,), (n * self.data**(n - 1),))
    def log(self): return Value(math.log(self.data), (self,), (1 / self.data,))
    def exp(self): return Value(math.exp(self.data), (self,), (math.exp(self.data),))
    def relu(self): return Value(max(0.0, self.data), (self,), (float(self.data > 0),))
    # the rest follows from these
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other
    def __neg__(self): return self * -1
    def __sub__(self, other): return self + -other
    def __truediv__(self, other): return self * other**-1
    def visit(self, order, seen):
        if self not in seen:
            seen.add(self)
            for child in self.children: child.visit(order, seen)
            order.append(self)  # after everything that it was made from
    def backward(self):
        """Fill in the grad of every Value that this one was made from."""
        order = []
        self.visit(order, set())
        self.grad = 1.0
        for value in reversed(order):
            for child, local_grad in zip(value.children, value.local_grads):
                child.grad += local_grad * value.grad  # +=: it may be used twice

# --- parameters ---
# three matrices of small random weights, and six more in each layer
n_layer = 1
n_embd = 16
n_head = 4
head_dim = n_embd // n_head
block_size = 16  # the most tokens that the model can look at
n_hidden = 4 * n_embd
init_std = 0.08
rms_eps = 1e-5

def matrix(nout, nin):
    """Random weights, one row for each output."""
    return [[Value(random.gauss(0, init_std)) for _ in range(nin)] for _ in range(nout)]

state_dict = {"wte": matrix(vocab_size, n_embd), "wpe": matrix(block_size, n_embd)}
state_dict["lm_head"] = matrix(vocab_size, n_embd)  # (vocab_size, n_embd)
for li in range(n_layer):
    for name in ("attn_wq", "attn_wk", "attn_wv", "attn_wo"):
        state_dict[f"layer{li}.{name}"] = matrix(n_embd, n_embd)  # (n_embd, n_embd)
    state_dict[f"layer{li}.mlp_fc1"] = matrix(n_hidden, n_embd)  # (n_hidden, n_embd)
    state_dict[f"layer{li}.mlp_fc2"] = matrix(n_embd, n_hidden)  # (n_embd, n_hidden)
params = [p for w in state_dict.values() for row in w for p in row]  # one flat list
print(f"num params: {len(params)}")

# --- model ---
def linear(x, w):
    """One number for each row of w: its dot product with x."""
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

def softmax(logits):
    """From any numbers to probabilities that keep their order."""
    # subtracting the largest changes no result and keeps exp small
    top = max(logit.data for logit in logits)
    exps = [(logit - top).exp() for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]

def rmsnorm(x):
    """Scale x so that the mean of its squares is 1."""
    scale = (sum(xi * xi for xi in x) / len(x) + rms_eps) ** -0.5
    return [xi * scale for xi in x]

def gpt(token_id, pos_id, keys, values):
    """From a token and those before it to a logit for each token to come next."""
    # what the token is, plus where it is
    tok_emb = state_dict["wte"][token_id]  # (n_embd,)
    pos_emb = state_dict["wpe"][pos_id]  # (n_embd,)
    x = rmsnorm([t + p for t, p in zip(tok_emb, pos_emb)])  # (n_embd,)

    for li in range(n_layer):
        # attention: its query against the key of each token so far, its own included
        x_norm = rmsnorm(x)
        q = linear(x_norm, state_dict[f"layer{li}.attn_wq"])  # (n_embd,)
        keys[li].append(linear(x_norm, state_dict[f"layer{li}.attn_wk"]))
        values[li].append(linear(x_norm, state_dict[f"layer{li}.attn_wv"]))
        x_attn = []
        for head in range(n_head):
            cut = range(head * head_dim, (head + 1) * head_dim)  # this head's part
            scores = [sum(q[j] * k[j] for j in cut) / head_dim**0.5 for k in keys[li]]
            weights = softmax(scores)  # (pos_id + 1,), how much to take of each value
            x_attn += [sum(w * v[j] for w, v in zip(weights, values[li])) for j in cut]
        x_attn = linear(x_attn, state_dict[f"layer{li}.attn_wo"])  # (n_embd,)
        x = [a + b for a, b in zip(x, x_attn)]  # the residual path: add to x, keep x

        # mlp: the two layers of Steps 1 and 2, added to x as well
        h = linear(rmsnorm(x), state_dict[f"layer{li}.mlp_fc1"])  # (n_hidden,)
        h = linear([hj.relu() for hj in h], state_dict[f"layer{li}.mlp_fc2"])
        x = [a + b for a, b in zip(x, h)]
    return linear(x, state_dict["lm_head"])  # (vocab_size,)

# --- loss of a document ---
def forward(tokens, n):
    """How badly the n next tokens were predicted: the mean of -ln p."""
    keys, values = [[] for _ in range(n_layer)], [[] for _ in range(n_layer)]
    losses = []
    for pos_id in range(n):
        token_id, target_id = tokens[pos_id], tokens[pos_id + 1]
        probs = softmax(gpt(token_id, pos_id, keys, values))
        losses.append(-probs[target_id].log())
    return sum(losses) / n

# --- update ---
learning_rate = 0.1

def update(lr_t):
    """Move every weight a little against its gradient."""
    for p in params:
        p.data -= lr_t * p.grad
        p.grad = 0.0  # or the next document would add to it

# --- training ---
num_steps = 1000
for step in range(num_steps):
    tokens = encode(docs[step % len(docs)])  # one document a step
    n = min(block_size, len(tokens) - 1)
    loss = forward(tokens, n)
    loss.backward()
    lr_t = learning_rate * (1 - step / num_steps)  # falls evenly towards 0
    update(lr_t)
    print(f"step {step + 1} / {num_steps} | loss {loss.data:.4f}")

# --- inference ---
temperature = 0.5  # below 1 the likely gets likelier, above 1 the unlikely does
for sample_idx in range(20):
    token_id, sample = BOS, []
    keys, values = [[] for _ in range(n_layer)], [[] for _ in range(n_layer)]
    for pos_id in range(block_size):
        logits = gpt(token_id, pos_id, keys, values)
        probs = [p.data for p in softmax([logit / temperature for logit in logits])]
        token_id = random.choices(range(vocab_size), weights=probs)[0]
        if token_id == BOS: break
        sample.append(chars[token_id])
    print(f"sample {sample_idx + 1}: {''.join(sample)}")
