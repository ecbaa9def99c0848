// The phone page: asks the simulator what there is to do, shows it, sends what the person does.

import { render } from "./markup.js";

const token = document.querySelector("meta[name=token]").content;
const screen = document.getElementById("screen");
const problem = document.getElementById("problem");

let view = null;
let me = null;              // the id of the person whose phone this is
let shown = "";             // what the screen shows now, so that it is not built again
let watched = null;         // the request on the screen, whose result is shown afterwards
let clockOffset = 0;        // the simulator's clock minus ours, in seconds
let lost = false;           // the simulator did not answer the last time it was asked for news

// --- talking to the simulator

async function ask(action, body) {
    const answer = await fetch(`api/${action}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Token": token },
        body: JSON.stringify(body),
    });
    const result = await answer.json();
    if (answer.status === 403)
        location.reload();          // the simulator was started anew
    if (!answer.ok)
        throw new Error(result.error);
    return result;
}

async function act(action, body) {
    try {
        await ask(action, body);
        complain("");
    } catch (error) {
        complain(error.message);
    }
}

async function follow() {
    for (;;) {
        try {
            view = await ask("state", { seen: view?.seen });
            clockOffset = view.now - Date.now() / 1000;
            if (lost)               // other complaints stay: they are answers to the person
                complain("");
            lost = false;
            show();
        } catch {
            complain("The simulator does not answer. Trying again…");
            lost = true;
            view = null;
            await new Promise((done) => setTimeout(done, 2000));
        }
    }
}

function complain(text) {
    problem.textContent = text;
    problem.hidden = !text;
}

// --- small helpers

function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
        made.setAttribute(key, value);
    made.append(...children);
    return made;
}

function button(text, style, action) {
    const made = element("button", { type: "button", class: style }, text);
    made.addEventListener("click", async () => {
        made.disabled = true;
        await action();
        made.disabled = false;
    });
    return made;
}

function nameOf(id) {
    return view.people.find((person) => person.id === id)?.name ?? id;
}

function firstName(id) {
    return nameOf(id).split(" ")[0];
}

// --- the screens; each returns the nodes of a card

function requestScreen(request) {
    const confirm = request.kind === "confirm";
    const text = element("div", { class: request.number_needed ? "text brief" : "text",
        tabindex: "0", role: "group", "aria-label": "Text to confirm" });
    text.append(render(request.text ?? ""));
    const form = element("form", { novalidate: "" },
        ...(request.number_needed ? numberEntry() : []),
        element("div", { class: "buttons" },
            button("Deny", "deny", () => act("deny", { id: request.id })),
            element("button", { class: "approve" }, "Approve")));
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        approve(request, form);
    });
    return [
        element("p", { class: "who" }, request.client_id),
        element("h1", { tabindex: "-1" }, confirm ? "asks you to confirm" : "asks you to log in"),
        ...(confirm ? [text] : []),
        element("dl", { class: "facts" },
            element("dt", {}, "Service"), element("dd", {}, request.service),
            element("dt", {}, "With"),
            element("dd", {}, request.code_needed ? "your code" : "fingerprint or code")),
        element("div", { class: "clock" },
            element("div", { class: "bar" }, element("div", { id: "bar" })),
            element("p", { id: "left", role: "timer" })),
        element("p", { class: "hint" }, "You did not start this? Then deny it."),
        form,
    ];
}

function numberEntry() {
    return [
        element("label", { for: "number", class: "entry" },
            "Number on the computer's screen",
            element("input", { id: "number", type: "text", inputmode: "numeric", maxlength: "2",
                autocomplete: "off", required: "", pattern: "[0-9]{2}",
                "aria-describedby": "number-problem" })),
        element("p", { id: "number-problem", class: "slip", role: "alert" }),
    ];
}

// A slip of the finger is told; two digits are an answer, and other digits a denial.
async function approve(request, form) {
    const field = form.querySelector("#number");
    if (field && !field.checkValidity()) {
        field.setAttribute("aria-invalid", "true");
        form.querySelector("#number-problem").textContent =
            "Type the two digits that it shows.";
        field.focus();
        return;
    }
    const pressed = form.querySelector(".approve");
    pressed.disabled = true;
    await act("approve", { id: request.id, ...(field && { number: field.value }) });
    pressed.disabled = false;
}

function scanScreen(session, others) {
    const typed = element("input", { id: "typed", type: "text", autocomplete: "off",
        spellcheck: "false", placeholder: "https://…" });
    return [
        element("p", { class: "who" }, session.client_id),
        element("h1", { tabindex: "-1" }, "shows a QR code"),
        element("img", { id: "code", class: "code", alt: "The QR code on the computer's screen" }),
        element("div", { class: "buttons" },
            button(`Scan as ${firstName(me)}`, "approve",
                () => act("scan", { id: session.id, person: me }))),
        element("details", {},
            element("summary", {}, "Type the address instead"),
            element("label", { for: "typed" }, "The address printed under the code"),
            typed,
            button("Open", "plain",
                () => act("scan", { payload: typed.value.trim(), person: me }))),
        ...(others ? [element("p", { class: "hint" }, `${others} more waiting behind it`)] : []),
    ];
}

function waitingScreen(scanned) {
    return [
        element("div", { class: "symbol busy", "aria-hidden": "true" }),
        element("h1", { tabindex: "-1" }, "Scanned"),
        element("p", { class: "hint" }, `Waiting for ${scanned.client_id} to ask.`),
    ];
}

// outcome: symbol, title, text, and how the list of recent ones says it
const RESULTS = {
    approved: ["yes", "Approved", "You can go back to your computer.", "Approved by"],
    denied: ["no", "Denied", "Nobody was let in.", "Denied by"],
    expired: ["late", "Too late", "The request has expired. Start again on your computer.",
        "Expired for"],
    mistyped: ["no", "Denied", "That is not the number on the computer. Nobody was let in.",
        "Wrong number by"],
};

function resultOf(request) {
    return RESULTS[request.mistyped ? "mistyped" : request.outcome];
}

function resultScreen(request) {
    const [symbol, title, text] = resultOf(request);
    return [
        element("div", { class: `symbol ${symbol}`, "aria-hidden": "true" }),
        element("h1", { tabindex: "-1" }, title),
        element("p", { class: "hint" }, text),
        element("div", { class: "buttons" }, button("Done", "plain", dismiss)),
    ];
}

function idleScreen() {
    return [
        element("div", { class: "symbol idle", "aria-hidden": "true" }),
        element("h1", { tabindex: "-1" }, "Nothing to do"),
        element("p", { class: "hint" },
            "Start a login on the computer. Its QR code, or its question, appears here."),
    ];
}

function dismiss() {
    watched = null;
    show();
}

// --- putting them on the page

function choose() {
    const request = view.requests.findLast((one) => one.person === me);
    if (request) {
        watched = request.id;
        return ["request", request.id, () => requestScreen(request)];
    }
    const result = view.recent.find((one) => one.id === watched);
    const session = view.sessions.at(-1);
    if (session) {
        const others = view.sessions.length - 1;
        return ["scan", `${session.id} ${others} ${me}`, () => scanScreen(session, others)];
    }
    const scanned = view.scanned.findLast((one) => one.person === me);
    if (scanned)
        return ["waiting", scanned.client_id, () => waitingScreen(scanned)];
    if (result)
        return ["result", result.id, () => resultScreen(result)];
    return ["idle", "", idleScreen];
}

function show() {
    if (!view)
        return;
    me ??= view.people[0].id;
    showPeople();
    showRecent();
    const [kind, key, build] = choose();
    if (shown !== `${kind} ${key}`) {
        const hadFocus = screen.contains(document.activeElement);
        screen.replaceChildren(element("div", { class: "card", "data-screen": kind }, ...build()));
        shown = `${kind} ${key}`;
        complain("");
        focusOn(hadFocus);
    }
    const code = document.getElementById("code");
    if (code && code.src !== view.sessions.at(-1).image)
        code.src = view.sessions.at(-1).image;
    tick();
}

// Who was on the screen before goes on at its title, where it is read out. Nobody's typing is led
// into the number: two digits and Enter would be an answer.
function focusOn(hadFocus) {
    if (hadFocus)
        screen.querySelector("h1").focus();
    else if (document.activeElement === document.body)
        document.getElementById("number")?.focus();
}

function showPeople() {
    const waiting = new Set(view.requests.map((request) => request.person));
    const choices = view.people.map((person) => {
        const input = element("input", { type: "radio", name: "person", value: person.id });
        input.checked = person.id === me;
        input.addEventListener("change", () => {
            me = person.id;
            show();
        });
        const label = element("label", { title: person.name }, input, element("span", {},
            firstName(person.id)));
        if (waiting.has(person.id) && person.id !== me)
            label.append(element("span", { class: "badge" },
                element("span", { class: "unseen" }, ", a request is waiting")));
        return label;
    });
    const place = document.getElementById("people");
    const key = choices.map((choice) => choice.outerHTML).join() + me;
    if (place.dataset.key === key)
        return;
    const hadFocus = place.contains(document.activeElement);
    place.dataset.key = key;
    place.replaceChildren(...choices);
    if (hadFocus)
        place.querySelector("input:checked").focus();
}

function showRecent() {
    const lines = view.recent.map((request) => element("li", {},
        element("span", { class: `dot ${resultOf(request)[0]}`, "aria-hidden": "true" }),
        element("span", {}, `${resultOf(request)[3]} ${firstName(request.person)}`),
        element("span", { class: "quiet" }, request.service)));
    if (!lines.length)
        lines.push(element("li", { class: "quiet" }, "Nothing yet."));
    document.getElementById("recent").replaceChildren(...lines);
}

// The countdown, and the only thing that changes without news from the simulator.
function tick() {
    const left = document.getElementById("left");
    const request = view?.requests.find((one) => one.id === watched);
    if (!left || !request)
        return;
    const seconds = Math.max(0, request.expires_at - Date.now() / 1000 - clockOffset);
    const whole = Math.round(seconds);
    left.textContent = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} left`;
    document.getElementById("bar").style.width = `${100 * seconds / request.expires_in}%`;
}

setInterval(tick, 500);
follow();
