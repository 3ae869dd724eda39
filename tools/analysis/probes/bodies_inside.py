"""The bodies of written tests that look inside the running system, by kind; their helpers are in bodies_rewrite.py."""

from __future__ import annotations

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
