// before the first paint: the theme that was chosen, and that scripts run; pages opened
// from a disk, where no module loads, show what stands there without scripts
(function () {
  var root = document.documentElement, theme = null;
  try { theme = localStorage.getItem("glassgpt.theme"); } catch (error) { theme = null; }
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (location.protocol !== "file:") {
    root.classList.add("js");
    return;
  }
  addEventListener("DOMContentLoaded", function () {
    document.getElementById("from-disk")?.removeAttribute("hidden");
    document.querySelectorAll("noscript").forEach(function (one) {
      one.insertAdjacentHTML("afterend", one.textContent);
    });
    document.querySelectorAll('a[href]').forEach(function (link) {
      var parts = link.getAttribute("href").split("#");
      if (/^[.\/]/.test(parts[0]) && /\/$/.test(parts[0])) parts[0] += "index.html";
      link.setAttribute("href", parts.join("#"));
    });
  });
})();
