"""`make gallery`: the zoo as a static site, docs/_gallery: text, diagram, layers, and what a training came to.

    python docs/gallery_site/build.py                 trains and measures what was not: two hours, the first time
    python docs/gallery_site/build.py lenet nin       measures these alone, of those that were not
    python docs/gallery_site/build.py --no-training   shows what earlier trainings came to

No page asks another host for anything. The networks that run in the page share one runtime.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OUT = ROOT / "docs" / "_gallery"
sys.path.append(str(ROOT / "docs"))

from nnspec.console.quiet import import_tensorflow  # noqa: E402

import_tensorflow()  # before others do, who are not quiet about it

from pages.gallery import is_recurrent, lines_of_yaml  # noqa: E402

from gallery_site import training  # noqa: E402
from nnspec.console.formatting import count, file_size, plural, scaled  # noqa: E402
from nnspec.export.web.target import page_of  # noqa: E402
from nnspec.frontend.pipeline import load  # noqa: E402
from nnspec.frontend.spec import Spec  # noqa: E402
from nnspec.report.pages.diagram import contents  # noqa: E402
from nnspec.report.pages.html import asset, embedded  # noqa: E402
from nnspec.report.pages.run_page import duration  # noqa: E402
from nnspec.report.text.layers import layer_table  # noqa: E402

Measured = Mapping[str, Any]
DIAGRAM = ("dagre.min.js", "diagram.js", "diagram_view.js")
HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
"""
UNTRAINED = (
    "The file has the weights that a training begins with, was verified against Keras, and is as large and as fast as "
    "a trained one."
)
SMALL = (
    "It is for millions of photographs, and on a processor they would take weeks: what was trained here is the same "
    "layers, with all their filters, on few and small drawings, which shows that they learn and no more. "
)
UNTRIED = "There is no page to try it on: only a training on its own data would make its answers worth a look."
UNMEASURED = (
    "No accuracy of it was measured here: it is for millions of photographs, which no checkout has, and on a processor "
    "they would take weeks. Tests hold its parameters, its multiply-adds and the shape of each stage against what was "
    "published."
)
LATER = "It was not trained here yet: make gallery trains it, {on}."
SMALL_LATER = LATER.format(on="on small drawn shapes, and measures its file") + " " + UNMEASURED
PUBLISHED = re.compile(r"^\| \[(?P<name>\w+)\]\([^|]*\|[^|]*\|[^|]*\|[^|]*\| (?P<count>[^|]+) \|[^|]*\|$", re.MULTILINE)
FILTERS = {"try": "to try here", "measured": "trained here", "convolutional": "convolutional", "recurrent": "recurrent"}
TOKEN = re.compile(
    r"(?P<comment>(?<!\S)#.*)|(?P<kind>(?:(?<=[-:] )|(?<=[{[]))[A-Z]\w*(?=[:,}\]\s]|$))"
    r"|(?P<key>[\w.-]+(?=:(?:\s|$)))|(?P<number>(?<![\w.-])\d[\w.]*(?![\w-]))"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-training", action="store_true", help="show what earlier trainings came to")
    parser.add_argument("only", nargs="*", metavar="SPEC", help="measure these alone")
    given = parser.parse_args()
    specs = {path.stem: load(path) for path in sorted((ROOT / "specs").glob("*.yaml"))}
    results: dict[str, Measured] = {}
    for name, spec in specs.items():
        found = training.measured(spec)
        if found is None and not given.no_training and name in (given.only or specs):
            print(f"measuring {name}", flush=True)
            found = training.measure(spec)
        if found is not None:
            results[name] = found
    site(specs, results)
    trained = sum(1 for found in results.values() if found["epochs"])
    print(
        f"{OUT.relative_to(ROOT)}: {plural(len(specs), 'spec')}, {trained} trained, {len(results) - trained} measured"
    )


def site(specs: Mapping[str, Spec], results: Mapping[str, Measured]) -> None:
    """Writes the folder."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    for name in ("style.css", "gallery.js"):
        shutil.copy(HERE / name, OUT)
    for name in DIAGRAM:
        (OUT / name).write_text(asset(name), encoding="utf-8")
    for name, spec in specs.items():
        found = results.get(name)
        tried = found is not None and place_page(found, OUT / "try", name)
        (OUT / f"{name}.html").write_text(spec_page(name, spec, found, tried), encoding="utf-8")
    (OUT / "index.html").write_text(index(specs, results), encoding="utf-8")


def place_page(found: Measured, folder: Path, name: str) -> bool:
    """Copies the page of an exported network; the runtime, which all share, once. Whether there is one."""
    source = Path(str(found["page"])) if found.get("page") else None
    if source is None or not source.is_dir():
        return False
    folder.mkdir(exist_ok=True)
    if not (folder / "litert").is_dir():
        shutil.copytree(source / "litert", folder / "litert")
    shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("litert"))
    (folder / name / "index.html").write_text(page_of(name, runtime="../litert"), encoding="utf-8")
    script = folder / name / "network.js"
    text = script.read_text(encoding="utf-8")
    assert "${base}/litert/" in text
    script.write_text(text.replace("${base}/litert/", "${base}/../litert/"), encoding="utf-8")
    return True


# Pages.


def index(specs: Mapping[str, Spec], results: Mapping[str, Measured]) -> str:
    groups: dict[str, list[str]] = {"Convolutional networks": [], "Recurrent networks": []}
    for name, spec in specs.items():
        groups["Recurrent networks" if is_recurrent(spec) else "Convolutional networks"].append(name)
    buttons = "".join(
        f'<button data-filter="{key}" aria-pressed="false">{text}</button>' for key, text in FILTERS.items()
    )
    sections = "".join(
        f'<section data-group><h2>{title}</h2><ul class="cards">'
        + "".join(card(name, specs[name], results.get(name)) for name in names)
        + "</ul></section>"
        for title, names in groups.items()
    )
    count_trained = sum(1 for found in results.values() if found["epochs"])
    trained = "One was" if count_trained == 1 else f"{count_trained} were"
    lead = (
        f"{len(specs)} networks, each one YAML file that checks, builds and trains as it stands. "
        f"{trained} trained on this machine, on the examples that come with nnspec; the scores are those of data held "
        "back, and most can be tried in the page."
    )
    if large := sum(1 for found in results.values() if not found.get("page") and found.get("bytes")):
        lead += (
            f" Of {large} large ones, which would take days, small drawings were learned, and the file was measured."
        )
    if rest := len(specs) - len(results):
        lead += f" Of {rest} nothing was measured here; their pages say why."
    return (
        HEAD.format(title="nnspec: the gallery")
        + f'<header><div><h1>The gallery</h1><p class="lead">{lead}</p></div></header><main>'
        + '<div class="tools"><input id="search" type="search" placeholder="find a network" '
        + f'aria-label="find a network">{buttons}</div>'
        + f'{sections}<p id="none" class="soft" hidden>No network is like that.</p></main>{foot()}'
        + '<script src="gallery.js"></script></html>\n'
    )


def card(name: str, spec: Spec, found: Measured | None) -> str:
    tags = ["recurrent" if is_recurrent(spec) else "convolutional"]
    tags += ["measured"] if found and found["epochs"] else []
    tried = bool(found and found.get("page"))
    tags += ["try"] if tried else []
    facts = [f"<span><b>{scaled(spec.param_count)}</b> parameters</span>"]
    if spec.macs is not None:
        facts.append(f"<span><b>{scaled(spec.macs)}</b> multiply-adds</span>")
    if found and found["epochs"]:
        metric, value = main_metric(found)
        facts.append(f"<span><b>{value}</b> {escape(metric)}{' on drawn shapes' * ('instead' in found)}</span>")
    elif found:
        facts.append(f"<span><b>{latency(found)}</b> an example</span>")
    badge = '<span class="try">try it</span>' if tried else ""
    return (
        f'<li data-tags="{" ".join(tags)}"><div class="card">{badge}<h3><a href="{name}.html">{name}</a></h3>'
        f'<p>{escape(spec.description)}</p><div class="facts">{"".join(facts)}</div></div></li>'
    )


def published() -> dict[str, str]:
    """The parameters that each network was published with, by the table of docs/zoo.md."""
    return {one["name"]: one["count"] for one in PUBLISHED.finditer((ROOT / "docs" / "zoo.md").read_text("utf-8"))}


def why_unmeasured(spec: Spec) -> str:
    if training.trains_here(spec):
        return LATER.format(on="on the examples that come with nnspec")
    if training.stand_in(spec) is not None:
        return LATER.format(on="on drawn shapes in place of images that are downloaded")
    if training.on_small_images(spec) is not None:
        return SMALL_LATER
    return UNMEASURED


def spec_page(name: str, spec: Spec, found: Measured | None, tried: bool) -> str:
    tiles = {
        "parameters": count(spec.param_count),
        "multiply-adds": "not known" if spec.macs is None else scaled(spec.macs),
        "layers": str(len(spec.graph.layers)),
        "lines of YAML": str(lines_of_yaml(spec.path)),
    }
    if told := published().get(name):
        tiles["parameters as published"] = told
    if found and found["epochs"]:
        metric, value = main_metric(found)
        tiles[f"{metric}, {'drawn shapes' if 'instead' in found else found['part']}"] = value
    if found and whole_file(found):
        tiles |= {"as a file for a phone": file_size(found["bytes"]), "an example on one thread": latency(found)}
    boxes = "".join(
        f'<div class="tile"><b>{value}</b><span>{escape(title)}</span></div>' for title, value in tiles.items()
    )
    parts = [
        HEAD.format(title=f"{name}: nnspec"),
        '<header><div><p class="crumb"><a href="index.html">The gallery</a></p>',
        f'<h1>{name}</h1><p class="lead">{escape(spec.description)}</p>',
        f'<div class="tiles">{boxes}</div></div></header><main>',
    ]
    if tried:
        parts.append(
            f'<h2>Try it</h2><div class="start"><button id="start" data-page="try/{name}/index.html" '
            f'data-title="{name} to try">Start the network in this page</button><p class="soft" id="how">'
            "It loads about 9 MB from this site, once for all networks. What you give it stays in this page.</p></div>"
        )
    if found:
        title = "Trained here" if found["epochs"] else "Measured here"
        parts.append(f'<h2>{title}</h2><div class="scroll">{"".join(measured_table(found))}</div>')
        parts += (
            [f'<p class="soft">There is no page to try it on: {escape(found["why"])}.</p>'] if "why" in found else []
        )
        told = SMALL * ("small" in found) + UNTRAINED * whole_file(found)
        untried = UNTRIED if not tried and "why" not in found else ""
        parts += [f'<p class="soft">{text}</p>' for text in (told, untried) if text]
    else:
        parts.append(f'<p class="soft">{why_unmeasured(spec)}</p>')
    text = spec.path.read_text(encoding="utf-8")
    parts += [
        f'<div class="beside"><section><h2>specs/{name}.yaml</h2><div class="code"><button>copy</button>',
        f'<pre tabindex="0">{coloured(text)}</pre></div></section>',
        '<section><h2>Diagram</h2><div id="diagram"></div></section></div>',
        f'<h2>Layers</h2><pre tabindex="0">{escape(layer_table(spec, 110))}</pre></main>{foot()}',
        f'<script type="application/json" id="contents">{embedded(contents(spec))}</script>',
        *(f'<script src="{script}"></script>' for script in (*DIAGRAM, "gallery.js")),
        "</html>\n",
    ]
    return "".join(parts)


def main_metric(found: Measured) -> tuple[str, str]:
    """What a network is judged by, and its value: the last metric, or the loss where there is none."""
    names = [name for name in found["metrics"] if name != "loss"] or ["loss"]
    value = found["metrics"][names[-1]]
    if found.get("entities"):
        return "entity F1, mean", f"{sum(one['f1'] for one in found['entities'].values()) / len(found['entities']):.3f}"
    return names[-1].replace("sparse_categorical_", "").replace("_", " "), f"{value:.4g}"


def measured_table(found: Measured) -> Iterator[str]:
    rows = []
    if found["epochs"]:
        told = f"{plural(found['epochs'], 'epoch')} in {duration(found['seconds'])}, on a processor"
        rows.append(("training", f"{told}: {found['instead']}" if "instead" in found else told))
        rows += [
            (f"{name.replace('_', ' ')}, on {plural(found['examples'], 'example')} held back", f"{value:.4g}")
            for name, value in found["metrics"].items()
        ]
    if found.get("bytes"):
        name = "TFLite file at full size, weights in float16" if whole_file(found) else "the file in the page"
        rows.append((name, f"{file_size(found['bytes'])}, {latency(found)} an example on one thread"))
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    yield f'<table class="measured">{body}</table>'


def whole_file(found: Measured) -> bool:
    """Whether the file that was measured is that of the whole network, untrained."""
    return not found["epochs"] or "small" in found


def latency(found: Measured) -> str:
    return f"{found['latency_ms']:,.2g} ms" if found["latency_ms"] < 100 else f"{found['latency_ms']:,.0f} ms"


def coloured(text: str) -> str:
    """YAML with its keys, kinds, numbers and comments as HTML."""
    return "\n".join(_coloured(line) for line in text.splitlines())


def _coloured(line: str) -> str:
    found, at = "", 0
    for match in TOKEN.finditer(line):
        found += escape(line[at : match.start()]) + f'<span class="{match.lastgroup}">{escape(match[0])}</span>'
        at = match.end()
    return found + escape(line[at:])


def foot() -> str:
    return "<footer><div>Made by <code>make gallery</code>. Every page works without a network.</div></footer>"


if __name__ == "__main__":
    main()
