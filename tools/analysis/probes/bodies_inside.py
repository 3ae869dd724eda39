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

    def get_source(self, name):  # for whoever runs a script statement by statement
        return ast.unparse(CHANGE[0](ast.parse(Path(self.path).read_text(encoding="utf-8"))))


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


def nodes_inside(tree, function):
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
    builtins._overheard = lambda *values: heard.append(copy.deepcopy(values)) or values[-1]
    wanted = ast.unparse(ast.parse(expression, mode="eval").body)

    def call(node):
        if sides and isinstance(node, ast.Compare) and len(node.ops) == 1:
            pair = ast.parse("(lambda a, b: _overheard(a, b, 0))(1, 1)", mode="eval").body
            pair.args = [node.left, node.comparators[0]]
            pair.func.body.args[2] = ast.Compare(ast.Name("a", ast.Load()), node.ops, [ast.Name("b", ast.Load())])
            return pair
        return ast.Call(ast.Name("_overheard", ast.Load()), [node], [])

    def change(tree):
        nodes = [n for n in nodes_inside(tree, function) if text_of(n) == wanted]
        return Swap(nodes, call).visit(tree)

    return change


def overhear_named(name, function, heard):
    """The same for whatever is given a name in a function, or returned by the function of that name."""
    builtins._overheard = lambda value: heard.append((copy.deepcopy(value),)) or value

    def call(node):
        return ast.Call(ast.Name("_overheard", ast.Load()), [node], [])

    def named(target):
        key = getattr(target, "slice", None)
        key = key.elts[-1] if isinstance(key, ast.Tuple) else key
        return name in (getattr(target, "id", None), getattr(target, "attr", None), getattr(key, "value", None))

    def given(node):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                return [v for t, v in zip(target.elts, node.value.elts) if named(t)]
            return [node.value] if named(target) else []
        if isinstance(node, ast.Dict):
            return [v for k, v in zip(node.keys, node.values) if getattr(k, "value", None) == name]
        if isinstance(node, ast.Call):
            return [k.value for k in node.keywords if k.arg == name]
        return []

    def change(tree):
        found = [v for n in nodes_inside(tree, function) for v in given(n)]
        if not found and function.split(".")[-1] == name:
            found = [n.value for n in nodes_inside(tree, function) if isinstance(n, ast.Return) and n.value is not None]
        found = [v.body if isinstance(v, ast.Lambda) else v for v in found]
        return Swap([v for v in found if not isinstance(v, ast.Constant)], call).visit(tree)

    return change


def overhear_pair(expression, leaf, function, heard):
    """A change that hands an expression and one part of it to ``heard``."""
    builtins._overheard = lambda value, of: heard.append(copy.deepcopy((value, of))) or value
    wanted, inner = (ast.unparse(ast.parse(t, mode="eval").body) for t in (expression, leaf))

    def call(node):
        return ast.Call(ast.Name("_overheard", ast.Load()), [node, ast.parse(inner, mode="eval").body], [])

    def change(tree):
        return Swap([n for n in nodes_inside(tree, function) if text_of(n) == wanted], call).visit(tree)

    return change


def steps_of_a_bar(seen, step):
    """Whatever moves must move by ``step`` a bar, or by a few times as much where it is not asked for at every bar."""
    moves = np.abs(np.diff(seen))
    moves = moves[np.isfinite(moves) & (moves > 1e-9)]
    fine = moves.size == 0 or 0.05 < moves.min() / step < 20.0
    assert fine, f"it moves by {moves.min():g} at the least; {step:g} a bar would be right"


def flat(value):
    return np.atleast_1d(np.asarray(value, dtype=float)).ravel()


'''
REWRITE_IMPORTS = """import ast
import builtins
import copy
import io
import re
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import spec_from_loader
"""

LOOKING = {
    "fault": """FILE = $file


def planted(tree):
    handlers = [n for n in ast.walk(tree) if isinstance(n, ast.Try) and text_of_try(n) == $block]
    handlers += [n for n in ast.walk(tree) if isinstance(n, ast.With) and text_of_try(n) == $block]
    for node in handlers:
        node.body[:0] = ast.parse($statement).body
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
    steps_of_a_bar(seen, $step)
""",
    "compared_unit": """FILE = $file


def test_what_is_compared_counts_alike():
    heard = []
    decide_with(overhear($side, $function, heard), bars())
    seen = np.concatenate([flat(v[-1]) for v in heard]) if heard else np.zeros(0)
    steps_of_a_bar(seen, $step)
""",
    "worked_out_unit": """FILE = $file


def test_it_counts_what_it_is_to_count():
    heard = []
    decide_with(overhear_pair($text, $leaf, $function, heard), bars())
    for value, of in heard:
        counted, meant = float(value) * $each, float(of) * $leaf_each
        assert 0.1 < counted / meant < 10.0, f"{value} of them are {counted:g} seconds, {of} of what it is made of are {meant:g}"
""",
    "hour": """FILE = $file


def test_the_hour_is_the_hour_of_the_bar():
    heard = []
    decide_with(overhear($text, $function, heard), bars())
    columns = [flat(seen) for (seen,) in heard if flat(seen).size == len(bars())]
    asked = np.concatenate([[], *(flat(seen) for (seen,) in heard if flat(seen).size == 1)])
    if 0 < asked.size <= len(bars()):  # one number a bar, once it is asked for
        columns.append(np.concatenate([bars().index.$part[: len(bars()) - asked.size], asked]))
    for column in columns:
        assert np.array_equal(column, bars().index.$part), "the $part is not that of the bar's open in UTC"
""",
    "clock_parts": """FILE = $file


def test_an_hour_weighs_sixty_minutes():
    heard = []
    decide_with(overhear($text, $function, heard), bars())
    seen = np.concatenate([flat(v) for (v,) in heard])
    times = bars().index[-seen.size :] if seen.size < len(bars()) else bars().index
    minutes = np.asarray(times.hour * 60 + times.minute)
    gone = np.diff(minutes)
    speed = (np.diff(seen[: len(times)]) / np.where(gone == 0, 1, gone))[gone > 0]
    assert np.ptp(speed) < 1e-6, f"a minute moves it by {speed.min():g} here and by {speed.max():g} there"
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
    for node in nodes_inside(tree, $function):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(body, list):
                found = max(found, sum(ast.unparse(s) == wanted for s in body if isinstance(s, ast.stmt)))
    assert found < 2, f"it counts {found} times: {wanted}"
""",
    "twice_term": """FILE = $file


def terms_of(node):
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*(terms_of(node.left) or [node.left]), node.right]
    return list(node.elts) if isinstance(node, (ast.List, ast.Tuple)) else []


def test_no_term_counts_twice():
    tree = ast.parse((Path.cwd() / FILE).read_text(encoding="utf-8"))
    wanted = ast.unparse(ast.parse($text, mode="eval").body)
    found = max((sum(ast.unparse(t) == wanted for t in terms_of(n)) for n in ast.walk(tree)), default=0)
    assert found < 2, f"it counts {found} times: {wanted}"
""",
    "twice_operand": """FILE = $file


def operands_of(node):
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        inner = operands_of(node.left) if type(getattr(node.left, "op", None)) is type(node.op) else []
        return [*(inner or [node.left]), node.right]
    return []


def test_no_condition_is_joined_with_itself():
    tree = ast.parse((Path.cwd() / FILE).read_text(encoding="utf-8"))
    wanted = ast.unparse(ast.parse($text, mode="eval").body)
    found = max((sum(ast.unparse(t) == wanted for t in operands_of(n)) for n in ast.walk(tree)), default=0)
    assert found < 2, f"it stands {found} times: {wanted}"
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
            value = value.operand if isinstance(value, ast.UnaryOp) else value
            if isinstance(value, ast.Call):
                value = ([k.value for k in value.keywords if k.arg == "default"] or [value])[0]
            if found == name and isinstance(value, ast.Constant):
                return [value.lineno, value.col_offset]
    raise AssertionError(f"{name} is gone")


PLACE = []
""",
    "data_constant": """FILE = $file


def served(text):
    # whoever opens the file reads this text instead
    real = io.open

    def opened(file, mode="r", *more, **named):
        mine = isinstance(file, (str, Path)) and Path(file).resolve() == (Path.cwd() / FILE).resolve()
        if not mine:
            return real(file, mode, *more, **named)
        return io.BytesIO(text.encode()) if "b" in mode else io.StringIO(text)

    builtins.open = io.open = opened
    try:
        forget()
        return values(decide(bars()))
    finally:
        builtins.open = io.open = real
        forget()


def test_the_number_moves_something():
    text = (Path.cwd() / FILE).read_text(encoding="utf-8")
    usual = served(text)
    place = re.compile("(['\\"]?" + re.escape($name) + "['\\"]?[ ]*[:=][ ]*)-?[0-9.eE+_-]+")
    assert place.search(text), $name + " is gone"
    moved = [s for s in $tried if not np.array_equal(usual, served(place.sub(lambda m: m[1] + str(s), text, count=1)))]
    assert moved, "no decision changes for any of $tried"
""",
}
