// The page of a diagram.
"use strict";
const nnspecPage = (() => {
  const view = nnspecView(document.getElementById("diagram"), JSON.parse(document.getElementById("contents").textContent));
  document.getElementById("open").onclick = view.openAll;
  document.getElementById("close").onclick = view.closeAll;
  return {place: view.view, replace: view.replace, root: view.root};
})();
