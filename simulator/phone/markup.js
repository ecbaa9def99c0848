// An approval text as DOM nodes: b, i, u and br mean something, every other tag is left out.
// Nodes are made by hand; no text of a client is ever parsed as HTML.

const TAG = /<(\/?)([a-z][a-z0-9]*)\b[^<>]*>|<![^<>]*>/gi;
const STYLES = new Set(["b", "i", "u"]);

export function render(text) {
    const root = document.createDocumentFragment();
    const open = [root];
    let end = 0;
    for (const found of text.matchAll(TAG)) {
        open.at(-1).append(text.slice(end, found.index));
        end = found.index + found[0].length;
        apply(open, found[1] === "/", (found[2] ?? "").toLowerCase());
    }
    open.at(-1).append(text.slice(end));
    return root;
}

// `open` is the path of elements from the root to where text goes now.
function apply(open, closing, name) {
    if (name === "br" && !closing) {
        open.at(-1).append(document.createElement("br"));
    } else if (STYLES.has(name) && !closing) {
        open.at(-1).append(document.createElement(name));
        open.push(open.at(-1).lastChild);
    } else if (STYLES.has(name)) {
        const depth = open.findLastIndex((node) => node.localName === name);
        if (depth > 0)
            open.length = depth;
    }
}
