"""Every page that nnspec writes, in headless Chromium, with what strangers would put into names, labels and texts.

No script of theirs runs, the page's policy finds nothing to refuse, no request leaves, and the text is there to be read.
"""

from __future__ import annotations

import json
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import Look, executable, look
from served import served

from nnspec.console.formatting import visible
from nnspec.frontend.pipeline import check
from nnspec.report.pages import compare_page, diagram, html, run_page

sys.path.append(str(Path(__file__).parent.parent / "report"))
from run_folders import labels, run_folder

RUN = "document.title='owned';parent.document.title='owned'"
REMOTE = "http://evil.example"
TEXTS = [
    f'</script><img src=x onerror="{RUN}">',
    f"</script><script>{RUN}</script>",
    "<!--<script>",
    "--><!--contents--><!--scripts-->",
    f'"><svg onload="{RUN}"></svg>',
    f"' onfocus='{RUN}' autofocus='",
    f"javascript:{RUN}",
    f"</title></style><script>{RUN}</script>",
    f"\u2028{RUN}\u2029//",
    f"*/{RUN}/*",
    f"${{{RUN}}}`",
    f"'-({RUN})-'\\",
    f'\\");{RUN}//',
    f"]]><script>{RUN}</script>",
    "\u202eevil\u202c \u2066and\u2069 \u061c\u200f",
    f"<base href={REMOTE}/>",
    f'<meta http-equiv=refresh content="0;url={REMOTE}">',
    f"<link rel=stylesheet href={REMOTE}/a.css>",
    f"<img src={REMOTE}/a.png>",
    f'<iframe srcdoc="<script>{RUN}</script>"></iframe>',
    f"<form action={REMOTE}><input autofocus onfocus={RUN}>",
    f"<style>@import url({REMOTE}/a.css)</style>",
    f";background:url({REMOTE}/a.png)",
    f"<svg><use href={REMOTE}/a.svg#a /><animate onbegin={RUN} attributeName=x dur=1s>",
    f"data:text/html,<script>{RUN}</script>",
    "&lt;b&gt;&amp;lt;",
    "__proto__",
    "constructor",
    "\x1b[31m\x07\x00\x7f\x9b",
    "\U000e0041\ufeff\u200b",
]
LABELS = [*TEXTS, "plain"]
HARM = [
    f'<img src=x onerror="{RUN}">',
    pytest.param(f"<img src={REMOTE}/a.png>", marks=pytest.mark.proof),
    pytest.param(f"<script>{RUN}</script>", marks=pytest.mark.proof),
]
pytestmark = pytest.mark.slow
# What no page may have: handlers in markup, pictures from elsewhere, frames, forms, links to elsewhere.
PROBE = """() => ({
  title: document.title, parent: parent.document.title,
  handlers: [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((given) => given.name.startsWith("on"))).length,
  foreign: [...document.querySelectorAll("img,iframe,object,embed,form,base,link,use,a[href]")].filter((one) => !/^data:image/.test(one.getAttribute("src") ?? "")).map((one) => one.outerHTML),
  loaded: performance.getEntriesByType("resource").map((one) => one.name).filter((name) => !name.startsWith("data:")),
  remote: [...document.querySelectorAll("*")].filter((one) => getComputedStyle(one).backgroundImage.includes("evil")).length,
  text: [...document.querySelectorAll("main *")].map((one) => [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("")).join("\\n"),
})"""
OPEN = f"""() => {{
  document.querySelectorAll("summary").forEach((one) => one.click());
  document.querySelectorAll("th.sort").forEach((one) => one.click());
  document.getElementById("open")?.click();
  document.querySelector("details")?.dispatchEvent(new Event("toggle"));
  return ({PROBE})();
}}"""


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """The rule by which all hosts are a port of this machine, and what arrived there from pages (not from Chromium)."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(2)
                    first = client.recv(2000)
                    if b"evil.example" in first:
                        asked.append(first)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        yield f"--host-resolver-rules=MAP * 127.0.0.1:{port}", asked
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def opened(page: Path, script: str = OPEN) -> Look:
    """Opens a page, and asserts that it is harmless."""
    with listening() as (hosts, asked):
        seen = look(page, script=script, hosts=hosts)
    found = seen.found
    assert "error" not in found, found
    assert seen.console == [], seen.console
    assert asked == [] and found["loaded"] == [] and found["remote"] == 0
    assert "owned" not in (found["title"], found["parent"])
    assert found["handlers"] == 0 and found["foreign"] == []
    return seen


def reads(seen: Look, *texts: str) -> None:
    """Each text is there, what would turn it around written out."""
    for text in texts:
        assert visible(text) in seen.found["text"], repr(text)


@pytest.mark.parametrize(
    "text", [f"<img src={REMOTE}/a.png>", f"<script>{RUN}</script>", f'<img src=x onerror="{RUN}">']
)
def test_a_page_without_policy_is_noticed(text: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<!doctype html><main>{text}</main>")
    with pytest.raises(AssertionError):
        opened(tmp_path / "page.html")


@pytest.mark.parametrize(
    "text", [f"<img src={REMOTE}/a.png>", f"<script>{RUN}</script>", f'<img src=x onerror="{RUN}">']
)
def test_the_policy_refuses_what_should_get_into_a_page(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second wall: markup in the middle of a page neither runs nor is loaded."""
    monkeypatch.setattr(html, "embedded", lambda value: "{}</script>" + text)
    monkeypatch.setattr(html, "asset", lambda name: "" if name.endswith("js") else html_asset(name))
    (tmp_path / "page.html").write_text(html.report_page("a", (), {}))
    with listening() as (hosts, asked):
        seen = look(tmp_path / "page.html", script=PROBE, hosts=hosts)
    assert asked == [] and seen.found["title"] == "a" and seen.found["parent"] != "owned"
    assert any("Content Security Policy" in line for line in seen.console)


html_asset = html.asset


def results() -> dict[str, Any]:
    """All kinds of results, as different outputs; pictures are from elsewhere."""
    named = labels(LABELS, TEXTS[0])["labels"]
    for mistake, text, picture in zip(
        named["confident"], TEXTS, [f"{REMOTE}/a.png", f"javascript:{RUN}", "data:text/html,x"], strict=False
    ):
        mistake |= {"text": text, "picture": picture}
    sentence = {"words": TEXTS, "true": TEXTS, "predicted": list(reversed(TEXTS))}
    tagging = {
        "accuracy": 0.5, "types": [{"label": text, "precision": 0.5, "recall": 1, "f1": 0.6, "support": 1} for text in TEXTS],
        "errors": dict.fromkeys(TEXTS, 1), "sentences": [sentence],
        "confused": [{"true": text, "predicted": text, "count": 1} for text in TEXTS],
    }  # fmt: skip
    compared = {"text": TEXTS[0], "picture": f"{REMOTE}/b.png", "true": "//evil.example/c", "predicted": "x.png"}
    masks = {
        "accuracy": 0.5, "mean_iou": 0.5, "ignored": 1, "matrix": None, "note": TEXTS[1],
        "classes": [{"label": text, "iou": 0.1, "precision": 0.5, "recall": 1, "f1": 0.6, "support": 1} for text in TEXTS],
        "examples": [{**compared, "right": 0.5}],
    }  # fmt: skip
    spelled = {
        "label_error_rate": 0.5,
        "right": 0.5,
        "examples": [{"text": t, "true": t, "predicted": t, "distance": 1} for t in TEXTS],
    }
    numbers = {
        "targets": [
            {"name": text, "mae": 0.1, "rmse": 0.2, "true": [1.0, 2.0], "predicted": [1.0, 2.5]} for text in TEXTS[:3]
        ]
    }
    images = {"mae": 0.1, "rmse": 0.1, "note": TEXTS[2], "examples": [{**compared, "mae": 0.5}]}
    outputs = {
        TEXTS[0]: {"labels": named}, TEXTS[4]: {"tagging": tagging}, TEXTS[5]: {"masks": masks},
        "__proto__": {"sequences": spelled}, TEXTS[6]: {"numbers": numbers}, "constructor": {"images": images},
    }  # fmt: skip
    return {"part": TEXTS[1], "examples": 3, "judged": 2, "outputs": outputs}


def quoted(text: str) -> str:
    """A text in YAML."""
    inside = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{inside}"'.replace("$", "$$")


SPEC = f"""\
nnspec: 1
name: {quoted(TEXTS[0][:60])}
description: {quoted(" ".join(TEXTS[1:]).replace(chr(0), ""))}
inputs: {{x: {{shape: [3], dtype: string}}}}
layers:
  - {{StringLookup: {{vocabulary: [{", ".join(quoted(text) for text in TEXTS if text.isprintable())}]}}, name: looked}}
  - {{Dense: {{units: 3, activation: relu}}, name: last}}
"""


def spec_of(path: Path) -> Any:
    path.write_text(SPEC)
    found = check(path)
    assert found.spec is not None, found.diagnostics
    return found.spec


def hostile_run(path: Path) -> Any:
    metrics = {name: [0.5, 0.4, 0.3] for name in ("loss", *TEXTS)}
    artifact = {
        "target": TEXTS[2], "quantize": TEXTS[3], "bytes": 10, "latency_ms": 0.1, "metric_before": 0.9, "metric_after": 0.5,
        "ok": False, "reasons": TEXTS,
    }  # fmt: skip
    folder = run_folder(
        path,
        results=results(),
        exported=[{**artifact, "path": text} for text in TEXTS],
        data={"splits": {text: {"examples": 3, "labels": {text: dict.fromkeys(TEXTS, 1)}} for text in TEXTS[:3]}, "warnings": TEXTS},
        record={
            "name": TEXTS[0], "command": ["/bin/nnspec", *TEXTS], "versions": {text: text for text in TEXTS}, "task": TEXTS[1],
            "platform": TEXTS[2], "devices": TEXTS, "monitor": TEXTS[3], "git": {"commit": TEXTS[4], "changed": True},
            "best": {"monitor": TEXTS[3], "mode": "min", "value": 0.5, "epoch": 2}, "examples": {TEXTS[5]: 3},
        },
    )  # fmt: skip
    folder.metrics.write_text(
        "".join(json.dumps({name: values[epoch] for name, values in metrics.items()}) + "\n" for epoch in range(3))
    )
    return folder


def test_the_page_of_a_run(tmp_path: Path) -> None:
    folder = hostile_run(tmp_path / "1 <img src=x onerror=alert(1)> \u202e")
    seen = opened(run_page.write(folder, spec_of(folder.spec)))
    reads(seen, *TEXTS, "<img src=x onerror=alert(1)> \u202e")
    assert seen.found["title"].startswith(visible(TEXTS[0])[:30])


def test_the_page_of_several_runs(tmp_path: Path) -> None:
    folders = [hostile_run(tmp_path / name) for name in ("<b>1</b>", "'\"\u202e", "javascript:alert(1)")]
    folders[1].spec.write_text(folders[1].spec.read_text().replace("A <b>small</b> network.", quoted(TEXTS[0])))
    folders[2].spec.write_text(folders[2].spec.read_text().replace("units: 8", f"units: 8, name: {quoted(TEXTS[0])}"))
    path = tmp_path / "compared.html"
    path.write_text(compare_page.page(compare_page.contents(folders)), encoding="utf-8")
    reads(opened(path), *TEXTS, "<b>1</b>", "'\"\u202e")


def test_the_page_of_a_diagram(tmp_path: Path) -> None:
    spec = spec_of(tmp_path / "<img src=x onerror=alert(1)>.yaml")
    path = tmp_path / "diagram.html"
    path.write_text(diagram.page(spec), encoding="utf-8")
    seen = opened(path, OPEN.replace('"main *"', '"body *"').replace("() => {", "() => {", 1))
    assert seen.found["title"] == visible(spec.name)
    assert "StringLookup" in seen.found["text"]


def test_a_drawing(tmp_path: Path) -> None:
    """An SVG is a page of its own where a browser opens it."""
    pytest.importorskip("py_mini_racer")
    model = {**diagram.diagram_model(spec_of(tmp_path / "a.yaml")), "name": TEXTS[0]}
    for box, text in zip(model["root"]["children"] * 10, TEXTS, strict=False):
        box |= {"label": text, "hover": text, "gist": text}
    drawn = diagram._evaluated(f"nnspecDiagram.draw({html.as_json(model)}, [], null).svg")
    (tmp_path / "a.svg").write_text(drawn, encoding="utf-8")
    with listening() as (hosts, asked):
        seen = look(
            tmp_path / "a.svg",
            script="() => [document.title, parent.document.title, document.scripts.length]",
            hosts=hosts,
        )
    assert asked == [] and seen.console == [] and "owned" not in seen.found and seen.found[2] == 0


@pytest.mark.tf
def test_the_page_of_a_look_inside(tmp_path: Path) -> None:
    from PIL import Image

    from nnspec.report.inside.figures import Figure
    from nnspec.report.inside.look import Inside, write

    figures = tuple(Figure(f"f{number}", text, text, Image.new("RGB", (4, 4))) for number, text in enumerate(TEXTS))
    seen = opened(write(Inside(TEXTS[0], Path(TEXTS[0]), TEXTS[1], TEXTS[2], ((TEXTS[3], figures),)), tmp_path / "out"))
    reads(seen, *TEXTS)


# In place of LiteRT.js: a network that answers with the same numbers.
LITERT = """export class Tensor {{ constructor(values) {{ this.values = values; }} toTypedArray() {{ return this.values; }} delete() {{}} }}
export const loadLiteRt = async () => null;
export const loadAndCompile = async () => ({{run: async () => ({{[{output}]: new Tensor(Float32Array.from({values}))}})}});"""
PORTS = {
    "classes": ({"kind": "array"}, {"kind": "classes", "activation": "softmax"}),
    "rows": (
        {"kind": "numbers", "columns": [
            *({"name": text, "offset": 0, "factor": 1} for text in TEXTS[:20]),
            {"name": "many", "one_hot": TEXTS},
        ]},
        {"kind": "numbers", "columns": [{"name": text, "offset": 0, "factor": 1} for text in LABELS]},
    ),
}  # fmt: skip
WAIT = "() => new Promise((done) => setTimeout(() => done((%s)()), 1500))"


@pytest.mark.tf
@pytest.mark.parametrize("kind", PORTS)
def test_the_page_of_an_exported_network(kind: str, tmp_path: Path) -> None:
    """The page with a `model.json` of a stranger's; `test_web_page.py` runs networks in it."""
    from nnspec.export.web import target

    assets = Path(target.__file__).with_name("assets")
    shutil.copytree(assets, tmp_path / "web")
    web, output = tmp_path / "web", TEXTS[0]
    (web / "index.html").write_text(target.page_of(TEXTS[7]))
    (web / "litert/core").mkdir(parents=True)
    answer = [round(0.9 - 0.01 * number, 2) for number in range(len(LABELS))]
    (web / "litert/core/index.js").write_text(LITERT.format(output=json.dumps(output), values=answer))
    size = 20 + len(TEXTS) if kind == "rows" else 2
    given, said = PORTS[kind]
    example = {"inputs": {"x": [0.0] * size}, "outputs": {output: answer}}
    card = {
        "name": TEXTS[0], "description": "\n".join(TEXTS), "about": TEXTS[1], "task": TEXTS[2], "license": None,
        "inputs": {"x": {"dtype": "float32", "shape": [1, size]}}, "outputs": {output: {"shape": [1, len(answer)]}},
        "labels": LABELS, "vocabulary": None, "preprocessing": {"inputs": {"x": given}, "outputs": {output: said}},
        "examples": [{**example, "text": text} for text in TEXTS[:10]],
    }  # fmt: skip
    (web / "model.json").write_text(json.dumps(card))
    script = (
        "() => { document.querySelectorAll('#examples button')[3].click(); document.querySelector('#check button').click();"
        + (f"return ({PROBE})(); }}")
    )
    seen = shown(web, script)
    found = seen["found"]
    assert seen["console"] == [] and "error" not in found, seen
    assert "owned" not in (found["title"], found["parent"]) and found["handlers"] == found["remote"] == 0
    assert not [one for one in found["foreign"] if "evil" in one or "<link" not in one], found["foreign"]
    assert all(name.startswith(seen["address"]) for name in found["loaded"]), found["loaded"]
    texts = [TEXTS[0], TEXTS[1], *(TEXTS[:10] if kind == "classes" else TEXTS[:20])]
    assert all(text.replace("\0", "") in found["text"] for text in texts if text.isprintable())


FRAME = """<!doctype html><meta charset="utf-8"><iframe id="page" src="/index.html"></iframe><script>
setTimeout(() => {
  const page = document.getElementById("page").contentWindow;
  let found;
  try { found = new Function("page", "with (page) { return (" + %s + ")() }")(page); } catch (error) { found = {error: String(error)}; }
  fetch("/found", {method: "POST", body: JSON.stringify(found)});
}, 3000);
</script>"""


def shown(folder: Path, script: str) -> dict[str, Any]:
    """What a script finds in the page of a folder on a server, and the console's messages."""
    import subprocess
    import tempfile

    from chromium import CONSOLE, FLAGS
    from served import HOSTS

    if executable() is None:
        pytest.skip("no Chromium on this machine")
    flags = [flag for flag in FLAGS if not flag.startswith(("--virtual-time", "--allow-file"))]
    with served(folder) as server, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        server.page = FRAME % json.dumps(script)
        with tempfile.TemporaryFile() as errors:
            command = [str(executable()), *flags, HOSTS, f"--user-data-dir={scratch}", f"{server.address}/test.html"]
            browser = subprocess.Popen([*command], stdout=subprocess.DEVNULL, stderr=errors)
            try:
                assert server.done.wait(60), "no answer from the page"
            finally:
                browser.kill()
                browser.wait()
            errors.seek(0)
            console = CONSOLE.findall(errors.read().decode(errors="replace"))
        return {"found": server.found["value"], "console": console, "address": server.address}


def test_every_page_has_a_policy() -> None:
    """And no text of a page is part of a script: those are the files of `assets`, to the byte."""
    pages = Path(html.__file__).parent
    for template in [*pages.glob("assets/*.html"), pages.parent.parent / "export/web/assets/index.html"]:
        text = template.read_text(encoding="utf-8")
        assert 'http-equiv="Content-Security-Policy"' in text and text.index("Content-Security") < text.index("<title>")
    writers: list[Callable[..., str]] = [run_page.page, compare_page.page, diagram.page]
    assert all("_page(" in Path(writer.__code__.co_filename).read_text() for writer in writers)
