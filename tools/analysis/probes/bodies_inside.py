"""The bodies of written tests that look inside the running system, and the helpers they need.

``decide_with(change, frame)`` runs the system with one source file changed on its way in: for what cannot be seen from
outside, such as a condition that never holds. Nothing is written.
"""

from __future__ import annotations

#: Lines for the tests that look inside: the file is read, changed as a tree and compiled; nothing is written.
REWRITE = '''
class Rewritten(SourceFileLoader):
    def get_code(self, name):
        tree = CHANGE[0](ast.parse(Path(self.path).read_text(encoding="utf-8")))
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path)
        if spec is None or not spec.origin or Path(spec.origin).resolve() != (Path.cwd() / FILE).resolve():
            return None
        return spec_from_loader(name, Rewritten(name, spec.origin))


def decide_with(change, frame):
    CHANGE[:] = [change]
    forget()
    sys.meta_path.insert(0, Finder)
    try:
        return decide(frame)
    finally:
        sys.meta_path.remove(Finder)
        forget()


def inside(tree, function):
    """The nodes of one function, by its qualified name; of the file where there is none."""
    nodes = [tree]
    for name in function.split("."):
        found = [n for top in nodes for n in ast.walk(top) if getattr(n, "name", "") == name]
        nodes = found or nodes
    return [n for top in nodes for n in ast.walk(top)]


def text_of(node):
    return ast.unparse(node) if isinstance(node, ast.expr) else ""


class Swap(ast.NodeTransformer):
    def __init__(self, nodes, call):
        self.nodes, self.call = nodes, call

    def visit(self, node):
        inner = self.generic_visit(node)
        return self.call(inner) if any(node is n for n in self.nodes) else inner


def overhear(expression, function, heard, sides=False):
    """A change that hands every value of an expression (or both sides of a comparison) to ``heard``."""
    builtins._overheard = lambda *values: heard.append(values) or values[-1]
    wanted = ast.unparse(ast.parse(expression, mode="eval").body)

    def call(node):
        if sides and isinstance(node, ast.Compare) and len(node.ops) == 1:
            pair = ast.parse("(lambda a, b: _overheard(a, b, 0))(1, 1)", mode="eval").body
            pair.args = [node.left, node.comparators[0]]
            pair.func.body.args[2] = ast.Compare(ast.Name("a", ast.Load()), node.ops, [ast.Name("b", ast.Load())])
            return pair
        return ast.Call(ast.Name("_overheard", ast.Load()), [node], [])

    def change(tree):
        nodes = [n for n in inside(tree, function) if text_of(n) == wanted]
        return Swap(nodes, call).visit(tree)

    return change


def overhear_named(name, function, heard):
    """The same for whatever is given a name in a function, or returned by the function of that name."""
    builtins._overheard = lambda value: heard.append((value,)) or value

    def call(node):
        return ast.Call(ast.Name("_overheard", ast.Load()), [node], [])

    def named(target):
        key = getattr(getattr(target, "slice", None), "value", None)
        return name in (getattr(target, "id", None), getattr(target, "attr", None), key)

    def change(tree):
        found = [n for n in inside(tree, function) if isinstance(n, ast.Assign) and named(n.targets[0])]
        if not found and function.split(".")[-1] == name:
            found = [n for n in inside(tree, function) if isinstance(n, ast.Return) and n.value is not None]
        return Swap([n.value for n in found], call).visit(tree)

    return change


def flat(value):
    return np.atleast_1d(np.asarray(value, dtype=float)).ravel()


'''
REWRITE_IMPORTS = """import ast
import builtins
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import spec_from_loader
"""

LOOKING = {
    "fault": """FILE = $file


def planted(tree):
    handlers = [n for n in ast.walk(tree) if isinstance(n, ast.Try) and text_of_try(n) == $block]
    handlers += [n for n in ast.walk(tree) if isinstance(n, ast.With) and text_of_try(n) == $block]
    for node in handlers:
        node.body.insert(0, ast.parse('raise RuntimeError("planted")').body[0])
    REACHED.append(bool(handlers))
    return tree


def text_of_try(node):
    return ast.unparse(node.body[0])


def test_a_fault_is_seen():
    hidden = False
    try:
        decide_with(planted, bars())
        hidden = any(REACHED)
    except Exception:  # the fault is seen
        pass
    assert not hidden, "a RuntimeError inside is answered with decisions"


REACHED = []
""",
    "reachable": """FILE = $file


def test_the_condition_can_come_out_otherwise():
    heard = []
    decide_with(overhear($text, $function, heard), bars())
    outcomes = np.concatenate([flat(v[-1]) for v in heard]) if heard else np.ones(1) * $wanted
    assert (outcomes == $wanted).any(), f"asked {outcomes.size} times, never $wanted"
""",
    "filters": """FILE = $file


def test_the_filter_filters():
    heard, refused = [], 0
    decide_with(overhear($text, $function, heard, sides=True), bars())
    for seen in heard:
        no = flat(seen[-1]) == 0
        if len(seen) == 3:
            no = no & np.isfinite(flat(seen[0])) & np.isfinite(flat(seen[1]))  # nothing to compare is no refusal
        else:
            no = no[no.size // 2 :]  # past the warm-up
        refused += int(no.sum())
    assert refused or not heard, "it lets everything through"
""",
    "direction": """FILE = $file


def test_the_quantity_rises_with_what_its_name_says():
    heard = []
    for share in (0.9, 0.1):
        frame = bars()
        $push
        decide_with(overhear_named($name, $function, heard), frame)
    half = len(heard) // 2
    assert half, "nothing of that name is worked out"
    high, low = (np.concatenate([flat(v[-1]) for v in part]) for part in (heard[:half], heard[half:]))
    known = np.isfinite(high) & np.isfinite(low)
    assert np.mean(high[known]) >= np.mean(low[known]), "it falls when it should rise"
""",
    "clock_unit": """FILE = $file


def test_the_quantity_counts_what_its_name_says():
    heard = []
    decide_with(overhear_named($name, $function, heard), bars())
    seen = np.concatenate([flat(v[-1]) for v in heard]) if heard else np.zeros(0)
    steps = np.diff(seen)
    steps = np.abs(steps[np.isfinite(steps) & (steps != 0)])
    usual = np.median(steps) if steps.size else $step
    assert np.isclose(usual, $step, rtol=0.01), f"it moves by {usual:g} a bar; $step would be right"
""",
    "hour": """FILE = $file


def test_the_hour_is_the_hour_of_the_bar():
    heard = []
    decide_with(overhear($text, $function, heard), bars())
    for (seen,) in heard:
        if flat(seen).size == len(bars()):
            assert np.array_equal(flat(seen), bars().index.$part), "the $part is not that of the bar's open in UTC"
""",
    "equality": """FILE = $file


def test_a_rounding_decides_nothing():
    heard = []
    decide_with(overhear($text, $function, heard, sides=True), bars())
    crossings, equal = 0, 0
    for left, right, outcome in heard:
        gap = flat(left) - flat(right)
        gap = gap[np.isfinite(gap)]
        crossings += int((np.sign(gap[1:]) * np.sign(gap[:-1]) < 0).sum())
        equal += int(flat(outcome).sum())
    scalar = np.array([flat(v[0])[0] - flat(v[1])[0] for v in heard if flat(v[0]).size == 1])
    crossings += int((np.sign(scalar[1:]) * np.sign(scalar[:-1]) < 0).sum())
    assert not heard or equal > crossings // 10, f"the sides pass each other {crossings} times and are equal {equal} times"
""",
    "twice": """FILE = $file


def test_no_statement_is_written_twice():
    tree = ast.parse((Path.cwd() / FILE).read_text(encoding="utf-8"))
    wanted = ast.unparse(ast.parse($text))
    found = 0
    for node in inside(tree, $function):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(body, list):
                found = max(found, sum(ast.unparse(s) == wanted for s in body if isinstance(s, ast.stmt)))
    assert found < 2, f"it counts {found} times: {wanted}"
""",
    "constant": """FILE = $file


def changed(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and [node.lineno, node.col_offset] == PLACE[0]:
            node.value = PLACE[1]
    return tree


def test_the_number_moves_something():
    usual = values(decide_with(lambda tree: tree, bars()))
    tree = ast.parse((Path.cwd() / FILE).read_text(encoding="utf-8"))
    place = where(tree, $name)
    moved = []
    for value in $tried:
        PLACE[:] = [place, value]
        moved.append(not np.array_equal(usual, values(decide_with(changed, bars()))))
    assert any(moved), "no decision changes for any of $tried"


def where(tree, name):
    for node in ast.walk(tree):
        pairs = []
        if isinstance(node, ast.Assign):
            pairs = [(t.id, node.value) for t in node.targets if isinstance(t, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            pairs = [(node.target.id, node.value)]
        elif isinstance(node, ast.Dict):
            pairs = [(k.value, v) for k, v in zip(node.keys, node.values) if isinstance(k, ast.Constant)]
        elif isinstance(node, ast.Call):
            pairs = [(k.arg, k.value) for k in node.keywords]
        for found, value in pairs:
            if found == name and isinstance(value, ast.Constant):
                return [value.lineno, value.col_offset]
    raise AssertionError(f"{name} is gone")


PLACE = []
""",
}
