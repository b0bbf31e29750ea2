"""Step 0, counting: the smallest model that can write a name.

It counts which character follows which, turns the counts into probabilities and
draws names from them. It sees one character back and no further. Step 1 learns the
same thing with weights: numbers that training moves up and down.

    python step0_counting.py FILE        FILE holds one name a line
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
# no weights yet, a table of counts: row = current token, column = next token
counts = [[0] * vocab_size for _ in range(vocab_size)]  # (vocab_size, vocab_size)
print("num params: 0")
print(f"num counts: {vocab_size * vocab_size}")

# --- model ---
smoothing = 1  # every pair counts as seen once already, so that none is impossible

def bigram(token_id):
    """From a token to the probability of each token to come next."""
    row = counts[token_id]  # (vocab_size,)
    total = sum(row) + smoothing * vocab_size
    return [(count + smoothing) / total for count in row]  # (vocab_size,), sums to 1

# --- loss of a document ---
def forward(tokens, n):
    """How badly the n next tokens were predicted: the mean of -ln p."""
    losses = []
    for pos_id in range(n):
        token_id, target_id = tokens[pos_id], tokens[pos_id + 1]
        probs = bigram(token_id)
        losses.append(-math.log(probs[target_id]))
    return sum(losses) / n

# --- update ---
def update(tokens, n):
    """Learn from a document: one more in the cell of each of its n pairs."""
    for pos_id in range(n):
        counts[tokens[pos_id]][tokens[pos_id + 1]] += 1

# --- training ---
num_steps = 1000
for step in range(num_steps):
    tokens = encode(docs[step % len(docs)])  # one document a step
    n = len(tokens) - 1
    # measure before counting: a document must not help to predict itself
    loss = forward(tokens, n)
    update(tokens, n)
    print(f"step {step + 1} / {num_steps} | loss {loss:.4f}")

# --- inference ---
block_size = 16  # the longest name to be written
temperature = 1.0  # below 1 the likely gets likelier, above 1 the unlikely does
for sample_idx in range(20):
    token_id, sample = BOS, []  # draw a token, feed it back, until BOS comes again
    for pos_id in range(block_size):
        probs = [p ** (1 / temperature) for p in bigram(token_id)]
        token_id = random.choices(range(vocab_size), weights=probs)[0]
        if token_id == BOS: break
        sample.append(chars[token_id])
    print(f"sample {sample_idx + 1}: {''.join(sample)}")
