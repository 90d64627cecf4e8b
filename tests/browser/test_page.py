"""The page in Chromium: fill it in, read the answer, see what is wrong, take the request along; by mouse and keys."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from axe_core_python.selenium import Axe
from deployc.compiler.model_spec import Column, ModelSpec, Output
from deployc.schema.config import Image
from selenium import webdriver
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from ..contract.booting import SECONDS, Booted, booted
from ..targets.project.space import PNG, config, files

pytestmark = pytest.mark.slow

SCRIPT = "<script>document.title = 'broken'</script>"
PEOPLE = ModelSpec(
    flavor="sklearn",
    class_name="sklearn.ensemble._forest.RandomForestClassifier",
    methods=("predict", "predict_proba"),
    inputs=(
        Column(name="age", type="double"),
        Column(name="customer", type="long"),
        Column(name="married", type="boolean"),
        Column(name="plan", type="string"),
        Column(name="hours per week", type="long", optional=True),
        Column(name="owns a house", type="boolean", optional=True),
        Column(name="since", type="datetime"),
        Column(name="photo", type="binary", optional=True),
        Column(name=SCRIPT, type="string", optional=True),
    ),
    classes=("leaves", "stays", "undecided"),
    file="model.joblib",
    serializer="joblib",
)
OUTPUTS = (Output(method="predict", type="string"), Output(method="predict_proba", type="double", shape=(3,)))
BRIGHTNESS = """
import numpy
class Model:
    def __init__(self, path): ...
    def predict(self, rows): return [f"{numpy.asarray(row.photo).sum():g}" for row in rows]
    def predict_proba(self, rows): return [[0.5, 0.25, 0.25] for _ in rows]
"""
LONG = "9007199254740993"
"""A number that JavaScript cannot hold."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    with running(tmp_path_factory.mktemp("people")) as booted:
        yield booted


@contextmanager
def running(folder: Path, *, key: str = "", spec: ModelSpec = PEOPLE, model: str = "") -> Iterator[Booted]:
    """The service of the tests' own model, or of another's code, which asks for the key if there is one."""
    for path, text in files(folder, spec, OUTPUTS, config(framework="asgi", api_key=bool(key))).items():
        (folder / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "project" / path).write_text(text, encoding="utf-8")
    own = folder / "project/src/churn"
    people = Path(__file__).with_name("people.py").read_text(encoding="utf-8")
    (own / "model.py").write_text(model or people, encoding="utf-8")
    (own / "build.json").write_text(json.dumps({"model": "6b86b273ff34fce1", "lock": "d4735e3a265e16ee"}))
    facts = {"version": "7", "metrics": {"accuracy": 0.93}, "params": {"n_estimators": "100"}, "run_id": "a" * 32}
    (own / "provenance.json").write_text(json.dumps({**facts, "trained_at": "2026-03-01T12:00:00Z"}))
    settings = {"api_key": key} if key else {}
    with booted(Path(sys.executable), folder / "project", folder / "run", **settings) as service:
        service.until_ready()
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    if not (chromium := shutil.which("chromium")):
        pytest.skip("there is no chromium")
    options = webdriver.ChromeOptions()
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1280,1500"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = chromium
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, service: Booted) -> Page:
    return opened(browser, service)


def opened(browser: webdriver.Chrome, service: Booted) -> Page:
    media(browser, "light")
    browser.get(f"http://127.0.0.1:{service.port}/")
    found = Page(browser)
    found.until(lambda: found.all("#fields input") and found.all("#card > *"))
    return found


class Page:
    """The page as a person uses it: controls by their labels, answers by their place."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser

    def until(self, true: Callable[[], object]) -> None:
        WebDriverWait(self.browser, SECONDS, poll_frequency=0.02).until(lambda _: true())

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def field(self, name: str) -> WebElement:
        """The control whose label begins with the name."""
        (label,) = [label for label in self.all("label") if label.text.split("\n")[0] == name]
        return self.browser.find_element(By.ID, str(label.get_attribute("for")))

    def fill(self, name: str, text: str) -> None:
        self.field(name).clear()
        self.field(name).send_keys(text)

    def ask(self) -> None:
        self.one("[type=submit]").click()
        self.settled()

    def settled(self) -> None:
        self.until(lambda: not self.all("[aria-disabled]"))

    def error_at(self, name: str) -> str:
        return self.browser.find_element(By.ID, str(self.field(name).get_attribute("aria-describedby"))).text

    def code(self, place: str) -> str:
        return str(self.one(f"#{place}").get_property("textContent"))

    def bars(self) -> list[list[str]]:
        return [[part.text for part in bar.find_elements(By.TAG_NAME, "span") if part.text] for bar in self.all("li")]


def media(browser: webdriver.Chrome, scheme: str) -> None:
    wanted = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    features = [{"name": name, "value": value} for name, value in wanted.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def test_the_answer_is_shown_with_a_bar_for_each_class(page: Page) -> None:
    page.fill("age", "150")
    page.ask()
    assert page.one(".prediction").text == "stays"
    assert page.bars() == [["stays", "75.0 %"], ["leaves", "12.5 %"], ["undecided", "12.5 %"]]
    width = "parseFloat(getComputedStyle(bar, '::before').width) / bar.clientWidth"
    drawn = page.browser.execute_script(f"return [...document.querySelectorAll('.bar')].map((bar) => {width})")
    assert drawn == pytest.approx([0.75, 0.125, 0.125], abs=0.01)
    assert "predict " in page.one("#latency").text
    assert "median of 2" in page.one("#latency").text


def test_the_form_begins_with_a_row_that_is_answered(page: Page) -> None:
    assert page.field("age").get_attribute("value") == "1"
    page.ask()
    assert page.one(".prediction").text == "leaves"


def test_what_is_wrong_is_told_at_its_field(page: Page) -> None:
    page.field("age").clear()
    page.ask()
    assert page.error_at("age") == "Object missing required field `age`"
    assert page.field("age").get_attribute("aria-invalid") == "true"
    assert page.browser.switch_to.active_element == page.field("age")
    page.fill("age", "30")
    page.fill("customer", "1.5")
    page.ask()
    assert page.error_at("age") == ""
    assert "int" in page.error_at("customer")
    page.fill("customer", "1")
    page.ask()
    assert page.error_at("customer") == ""
    assert page.one(".prediction").text == "leaves"


def test_what_the_model_refuses_is_told_with_the_requests_id(page: Page) -> None:
    page.fill("age", "151")
    page.ask()
    assert page.one("#problem").text.startswith("the model does not accept these values – request ")
    assert not page.all(".prediction")


def test_names_and_values_are_text(page: Page) -> None:
    page.fill(SCRIPT, "<img src=x onerror=\"document.title = 'broken'\"> ' \\ \"")
    page.ask()
    assert page.one(".prediction").text == "leaves"
    assert page.browser.title == "churn"
    assert not page.all("#fields script, main img")


def test_the_requests_code_asks_the_same(page: Page) -> None:
    page.fill("customer", LONG)
    page.fill("plan", 'it\'s "100 %" $HOME `true` null')
    page.field("married").click()
    page.ask()
    page.one("#method").send_keys("predict_proba")
    command, program = page.code("curl"), page.code("python")
    assert LONG in command
    assert '"married": false' in command
    by_curl = subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout
    by_python = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout
    assert json.loads(by_curl) == {"probabilities": {"leaves": 0.87, "stays": 0.005, "undecided": 0.125}}
    assert by_python == f"{json.loads(by_curl)}\n"


def test_the_code_is_copied(page: Page) -> None:
    origin = page.browser.current_url.rstrip("/")
    allowed = {"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.browser.execute_cdp_cmd("Browser.grantPermissions", allowed)
    page.one("[data-copies=curl]").click()
    page.until(lambda: page.one("#copied").text == "Copied.")
    assert page.browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])") == page.code("curl")


def test_what_is_optional_may_be_left_empty_and_emptied(page: Page) -> None:
    page.fill("hours per week", "")
    page.field("owns a house").send_keys(Keys.HOME)
    assert '"hours per week"' not in page.code("curl")
    assert '"owns a house"' not in page.code("curl")
    page.ask()
    assert page.one(".prediction").text == "leaves"
    page.one("[type=reset]").click()
    assert '"hours per week": 1' in page.code("curl")


def test_a_file_is_sent_as_base64(page: Page, tmp_path: Path) -> None:
    (tmp_path / "photo.bin").write_bytes(b"\x00\xff\x10")
    page.field("photo").send_keys(str(tmp_path / "photo.bin"))
    page.until(lambda: '"photo": "AP8Q"' in page.code("curl"))
    page.ask()
    assert page.one(".prediction").text == "leaves"


def test_an_image_is_sent_for_an_array(browser: webdriver.Chrome, tmp_path: Path) -> None:
    photo = Column(name="photo", type="double", shape=(1, 2), image=Image())
    spec = replace(PEOPLE, inputs=(photo,), container="tensor")
    (tmp_path / "photo.png").write_bytes(b64decode(PNG))
    with running(tmp_path, spec=spec, model=BRIGHTNESS) as service:
        page = opened(browser, service)
        page.field("photo").send_keys(str(tmp_path / "photo.png"))
        page.until(lambda: PNG in page.code("curl"))
        page.ask()
        assert page.one(".prediction").text == "207"


def test_it_works_with_the_keyboard_alone(page: Page) -> None:
    keys = ActionChains(page.browser)
    keys.send_keys(*[Keys.TAB] * 4).perform()
    assert page.browser.switch_to.active_element == page.field("age")
    keys.send_keys("1").send_keys(Keys.ENTER).perform()
    page.settled()
    page.until(lambda: page.all(".prediction"))
    seen = [""]
    while seen[-1] != "Versions" and len(seen) < 60:  # a date has a stop for each of its parts
        active = page.browser.switch_to.active_element
        seen.append(active.get_attribute("id") or active.text)
        assert active.value_of_css_property("outline-style") != "none", seen[-1]
        keys.send_keys(Keys.TAB).perform()
    assert {"Ask", "Reset", "method", "curl", "python"} <= set(seen)


def test_the_card_says_which_model_it_is(page: Page) -> None:
    card = page.one("#card").text
    for fact in (PEOPLE.class_name, "sklearn", "2026-03-01 12:00:00", "6b86b273ff34fce1", "accuracy\n0.93"):
        assert fact in card
    page.until(lambda: page.one("#card").text)
    (parameters,) = [found for found in page.all("summary") if found.text == "Parameters"]
    parameters.click()
    assert "n_estimators\n100" in page.one("#card").text


def test_a_key_is_asked_for_where_the_service_wants_one(browser: webdriver.Chrome, tmp_path: Path) -> None:
    with running(tmp_path, key="let-me-in") as service:
        page = opened(browser, service)
        assert page.one("#card").text == "This is not shown: the API key is missing or wrong."
        page.ask()
        assert page.one("#problem").text.startswith("the API key is missing or wrong")
        page.fill("API key", "let-me-in")
        page.ask()
        assert page.one(".prediction").text == "leaves"
        page.until(lambda: PEOPLE.class_name in page.one("#card").text)
        accessible(page)
        command, program = page.code("curl"), page.code("python")
        assert "let-me-in" not in command + program
        keyed = {**os.environ, "API_KEY": "let-me-in"}
        by_curl = subprocess.run(["sh", "-c", command], env=keyed, capture_output=True, check=True).stdout
        subprocess.run([sys.executable, "-c", program], env=keyed, capture_output=True, check=True)
        assert json.loads(by_curl) == {"prediction": "leaves"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(page: Page, scheme: str) -> None:
    """No violation of WCAG that axe can see, with an answer and with an error, and nothing in the console."""
    media(page.browser, scheme)
    page.ask()
    keep(page, f"page-{scheme}.png")
    accessible(page)
    page.fill("age", "")
    page.ask()
    keep(page, f"page-{scheme}-error.png")
    accessible(page)
    ground = page.one("body").value_of_css_property("background-color")
    assert (ground == "rgba(246, 246, 244, 1)") == (scheme == "light")


def test_the_routes_are_tried_in_the_documentation(page: Page) -> None:
    page.one("nav a[href=docs]").click()
    page.until(lambda: page.all("#routes form"))
    keep(page, "docs.png")
    accessible(page)
    page.one("[aria-label='Send POST /predict']").click()
    page.until(lambda: page.all("#routes [role=status] pre"))
    assert page.one("#routes [role=status] pre").text == '200 OK\n{"prediction":"leaves"}'
    accessible(page)


def test_nothing_was_refused_by_the_pages_own_policy(page: Page) -> None:
    page.ask()
    said = [entry["message"] for entry in page.browser.get_log("browser")]
    assert not [line for line in said if "Content Security Policy" in line]
    assert page.browser.get_cookies() == []


def accessible(page: Page) -> None:
    violations = Axe().run(page.browser)["violations"]
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in violations] == []


def keep(page: Page, name: str) -> None:
    """A picture for whoever looks at what CI made."""
    folder = Path(os.environ.get("DEPLOYC_ARTIFACTS", "build/ci-artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    page.browser.save_screenshot(str(folder / name))
