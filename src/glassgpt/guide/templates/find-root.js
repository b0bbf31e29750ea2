// the page for a missing address: where the guide begins, whatever it lies under
(async function () {
  var parts = location.pathname.split("/").slice(0, -1);
  for (; parts.length; parts.pop()) {
    var root = parts.join("/") + "/";
    var answer = await fetch(root + "search.json", { method: "HEAD" }).catch(function () {});
    if (!answer || !answer.ok) continue;
    document.querySelectorAll('a[href^="./"]').forEach(function (link) {
      link.href = root + link.getAttribute("href").slice(2);
    });
    return;
  }
})();
