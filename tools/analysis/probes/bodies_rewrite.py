"""The helpers of written tests that look inside the running system.

``decide_with(change, frame)`` runs the system with one source file changed on its way in: for what cannot be seen from
outside, such as a condition that never holds. Nothing is written.
"""

from __future__ import annotations

#: Lines for the tests that look inside: the file is read, changed as a tree and compiled; nothing is written.
REWRITE = '''
class Rewritten(SourceFileLoader):
    def changed(self):
        return ast.fix_missing_locations(CHANGE[0](ast.parse(Path(self.path).read_text(encoding="utf-8"))))

    def get_code(self, name):
        return compile(self.changed(), self.path, "exec")

    def get_source(self, name):  # for whoever runs a script statement by statement
        return ast.unparse(self.changed())


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
