"""The extension as it is packaged, in Visual Studio Code for the web: with a keyboard, in headless Chromium.

With NNSPEC_PICTURES=FOLDER the pictures of the manual are taken on the way.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from code_in_browser import command, go_to, lines, open_file, served
from devtools import CTRL, Tab, browser

pytestmark = pytest.mark.slow

BLOCKS = """nnspec: 1

blocks:
  stage:
    params: {filters: 8}
    layers:
      - Conv2D: {filters: $filters, kernel_size: 3, padding: same, use_bias: false}
      - BatchNormalization
      - ReLU
      - MaxPooling2D: 2
"""
NETWORK = """nnspec: 1
name: letters
use: blocks.yaml

inputs:
  image: [64, 64, 3]

layers:
  - Rescaling: {scale: $(1 / 255)}
  - stage: {filters: 16}
  - stage: {filters: 32}
  - repeat: 2
    layers:
      - stage: {filters: 64}
  - GlobalAveragePooling2D
  - Dense: {unitz: 26, activation: softmax}

budget: {params: 100K}
"""
FILES = {"/specs/blocks.yaml": BLOCKS, "/specs/letters.yaml": NETWORK}
# Webviews are frames of frames, of other origins: what is in them is asked of the frame by the picture alone.
DRAWN = "document.querySelector('.webview.ready')"


def shown(tab: Tab, name: str) -> None:
    folder = os.environ.get("NNSPEC_PICTURES")
    if folder:
        tab.picture(Path(folder, f"vscode-{name}.png"))


def test_shapes_a_fix_a_name_in_two_files_and_the_diagram() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, served(Path(folder), FILES) as address:  # noqa: SIM117
        with browser() as tab:
            tab.resize(1280, 720)
            tab.go(address)
            tab.until("document.querySelector('.explorer-folders-view .monaco-list-row')")
            open_file(tab, "letters.yaml")
            has_hints = "document.querySelector('.editor-group-container.active').textContent.includes('parameters')"
            tab.until(has_hints, seconds=150)  # Python has to start
            tab.until("document.querySelector('.squiggly-error')")
            behind = [line.partition("\u200a")[::2] for line in lines(tab) if "\u200a" in line]
            assert ("  - stage: {filters: 16}", "→ 32x32x16, 496 parameters") in behind
            assert ("      - stage: {filters: 64}", "→ 4x4x64, 55.8 K parameters") in behind
            shown(tab, "shapes")

            go_to(tab, 16, 13)
            tab.press(".", CTRL)
            tab.until("document.querySelector('.action-widget')?.textContent.includes('units')")
            shown(tab, "fix")
            tab.press("Enter")
            tab.until("document.querySelector('.editor-group-container.active').textContent.includes('26, 1.69')")
            assert any("{units: 26" in line for line in lines(tab))
            assert not tab.value("document.querySelector('.squiggly-error')")

            go_to(tab, 10, 7)
            tab.press("F2")
            tab.until("document.activeElement.classList.contains('rename-input')")
            tab.press("a", CTRL)
            tab.type("block")
            tab.press("Enter")
            tab.until("document.querySelector('.editor-group-container.active').textContent.includes('block:')")
            assert sum("- block: {" in line for line in lines(tab)) == 3 and not any(
                "stage" in one for one in lines(tab)
            )
            tab.until("!document.querySelector('.squiggly-error')")  # once the other file is known to be another
            tab.press("\\", CTRL)  # the editor is split
            tab.until("document.querySelectorAll('.editor-group-container').length === 2")
            open_file(tab, "blocks.yaml")
            tab.until("document.querySelector('.editor-group-container.active').textContent.includes('block:')")
            assert any(line.strip() == "block:" for line in lines(tab))
            shown(tab, "rename")

            tab.press("w", CTRL)
            tab.until("document.querySelectorAll('.editor-group-container.active .tab').length === 1")
            tab.press("w", CTRL)  # the second group is closed with its last file
            tab.until("document.querySelectorAll('.editor-group-container').length === 1")
            open_file(tab, "letters.yaml")
            tab.until(has_hints)
            go_to(tab, 11, 7)
            command(tab, "Show the diagram beside")
            tab.until(
                "[...document.querySelectorAll('.tab')].some((one) => one.textContent.includes('letters') && !one.textContent.includes('yaml'))"
            )
            tab.until(DRAWN)
            tab.until("new Promise((done) => setTimeout(() => done(true), 3000))")
            shown(tab, "diagram")
            assert not [said for said in tab.console if "nnspec" in said], tab.console
