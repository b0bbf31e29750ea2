// The page in a browser while the guide is being written: it reloads after a good build,
// and says what is wrong with a bad one.
(function () {
  var shown = null;
  var box = document.createElement("pre");
  box.id = "live-error";
  box.setAttribute("role", "alert");
  box.style.cssText =
    "position:fixed;inset:auto 0 0;z-index:9;margin:0;padding:16px 20px;font:15px/1.5 monospace;" +
    "white-space:pre-wrap;background:#5b1220;color:#fff";
  new EventSource("/live").onmessage = function (event) {
    var now = JSON.parse(event.data);
    if (shown === null) shown = now.build;
    if (now.build !== shown) location.reload();
    box.textContent = [now.error, now.remedy].filter(Boolean).join("\n");
    if (now.error) document.body.append(box);
    else box.remove();
  };
})();
