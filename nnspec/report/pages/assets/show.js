// Shows what the page holds: data, which no browser runs.
show(JSON.parse(document.getElementById("contents").textContent));
