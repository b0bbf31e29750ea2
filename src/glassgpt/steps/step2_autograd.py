"""Step 2, autograd: the same network, with numbers that find the gradient themselves.

A Value remembers which numbers it was made from and how much each of them counts.
Walking back from the loss gives every gradient, so each line printed below is the
one that Step 1 prints, and a new model now costs only its forward pass. Step 3
spends that on looking further back than one character.

    python step2_autograd.py FILE        FILE holds one name a line
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
# three matrices of small random weights
n_embd = 16
n_hidden = 4 * n_embd
init_std = 0.08

def matrix(nout, nin):
    """Random weights, one row for each output."""
    return [[Value(random.gauss(0, init_std)) for _ in range(nin)] for _ in range(nout)]

state_dict = {
    "wte": matrix(vocab_size, n_embd),  # (vocab_size, n_embd)
    "mlp_fc1": matrix(n_hidden, n_embd),  # (n_hidden, n_embd)
    "mlp_fc2": matrix(vocab_size, n_hidden),  # (vocab_size, n_hidden)
}
# all weights in one flat list
params = [p for w in state_dict.values() for row in w for p in row]
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

def mlp(token_id):
    """From a token to a logit for each token to come next."""
    x = state_dict["wte"][token_id]  # (n_embd,)
    h = linear(x, state_dict["mlp_fc1"])  # (n_hidden,)
    h = [hj.relu() for hj in h]
    return linear(h, state_dict["mlp_fc2"])  # (vocab_size,)

# --- loss of a document ---
def forward(tokens, n):
    """How badly the n next tokens were predicted: the mean of -ln p."""
    losses = []
    for pos_id in range(n):
        token_id, target_id = tokens[pos_id], tokens[pos_id + 1]
        probs = softmax(mlp(token_id))
        losses.append(-probs[target_id].log())
    return sum(losses) / n

# --- update ---
learning_rate = 1.0

def update(lr_t):
    """Move every weight a little against its gradient."""
    for p in params:
        p.data -= lr_t * p.grad
        p.grad = 0.0  # or the next document would add to it

# --- training ---
num_steps = 1000
for step in range(num_steps):
    tokens = encode(docs[step % len(docs)])  # one document a step
    n = len(tokens) - 1
    loss = forward(tokens, n)
    loss.backward()
    lr_t = learning_rate * (1 - step / num_steps)  # falls evenly towards 0
    update(lr_t)
    print(f"step {step + 1} / {num_steps} | loss {loss.data:.4f}")

# --- inference ---
block_size = 16  # the longest name to be written
temperature = 0.5  # below 1 the likely gets likelier, above 1 the unlikely does
for sample_idx in range(20):
    token_id, sample = BOS, []  # draw a token, feed it back, until BOS comes again
    for pos_id in range(block_size):
        logits = mlp(token_id)
        probs = [p.data for p in softmax([logit / temperature for logit in logits])]
        token_id = random.choices(range(vocab_size), weights=probs)[0]
        if token_id == BOS: break
        sample.append(chars[token_id])
    print(f"sample {sample_idx + 1}: {''.join(sample)}")
