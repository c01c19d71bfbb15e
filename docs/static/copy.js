// A button at each block of code that copies it.
document.addEventListener("DOMContentLoaded", () => {
  for (const block of document.querySelectorAll(".highlight")) {
    const button = Object.assign(document.createElement("button"), {className: "copy", type: "button", textContent: "copy"});
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.querySelector("pre").textContent.trimEnd());
        button.textContent = "copied";
      } catch { // a page that is opened as a file may not write there in every browser
        getSelection().selectAllChildren(block.querySelector("pre"));
        button.textContent = "selected";
      }
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    block.append(button);
  }
});
