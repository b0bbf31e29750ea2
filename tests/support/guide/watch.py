"""Who looks on: what pages complain of, wherever they are open, and what that costs."""

from typing import Any

HERE = ("http://127.0.0.1:", "blob:", "data:", "about:")


class Watch:
    """Complaints of all pages of a browser, and how many contexts were opened."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.contexts = 0

    def opened(self, context: Any) -> None:
        """Look on in a new context: the browser calls this for each."""
        self.contexts += 1
        context.on("console", lambda message: self.complaints.append(message.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", self._requested)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def _requested(self, request: Any) -> None:
        if not request.url.startswith(HERE):
            self.complaints.append(f"request to {request.url}")

    def _failed(self, request: Any) -> None:
        # a page that is left gives up what is still on its way
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure} for {request.url}")

    def _answered(self, answer: Any) -> None:
        if answer.status >= 400:
            self.complaints.append(f"{answer.status} for {answer.url}")

    def take(self) -> tuple[list[str], int]:
        """The complaints and the contexts since this was last asked."""
        found = self.complaints, self.contexts
        self.complaints, self.contexts = [], 0
        return found


def too_many(contexts: int, most: int = 2) -> str:
    """What is wrong with a test that opens many contexts; nothing of most."""
    if contexts <= most:
        return ""
    return (
        f"{contexts} browser contexts in one test, at most {most}: "
        "go on in the same page, or see tests/guide/conftest.py"
    )
