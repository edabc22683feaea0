// Elements as plain values, and the one function that makes the page look like them. Nodes that stay the same are left
// alone, so that a refresh takes neither focus, selection, scroll position nor what was typed or opened.

const svgTags = new Set(['svg', 'g', 'path', 'line', 'rect', 'circle', 'text', 'polyline']);
const rendered = Symbol('rendered');

/**
 * Describes an element. `attributes`: `key` names it among its siblings, `onclick` … listen, `once` are attributes and
 * properties that are set when the element is made and belong to the operator from then on (`open`, `value`).
 */
export function h(tag, attributes, ...children) {
  const flat = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return { tag, attributes: attributes ?? {}, children: flat, key: attributes?.key };
}

/** Makes the children of `parent` those described. */
export function render(parent, ...children) {
  const selection = document.getSelection();
  const range = selection && !selection.isCollapsed && selection.rangeCount > 0 ? selection.getRangeAt(0) : null;
  patchChildren(
    parent,
    children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
    range,
  );
}

function isText(description) {
  return typeof description !== 'object';
}

function identity(description) {
  return isText(description)
    ? '#text'
    : description.key === undefined
      ? description.tag
      : `${description.tag} ${description.key}`;
}

/** Text is made by the browser's text nodes alone: no payload is ever read as markup. */
function create(description) {
  if (isText(description)) return document.createTextNode(String(description));
  const { tag } = description;
  const node = svgTags.has(tag)
    ? document.createElementNS('http://www.w3.org/2000/svg', tag)
    : document.createElement(tag);
  node[rendered] = { attributes: {} };
  for (const [name, value] of Object.entries(description.attributes.once ?? {})) setAttribute(node, name, value);
  return node;
}

function setAttribute(node, name, value) {
  if (name.startsWith('on')) node[name] = value ?? null;
  else if (name === 'value' || name === 'checked' || name === 'disabled' || name === 'open' || name === 'indeterminate')
    node[name] = value ?? false;
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? '' : String(value));
}

function patchAttributes(node, wanted) {
  const before = node[rendered].attributes;
  for (const name of Object.keys(before)) if (!(name in wanted)) setAttribute(node, name, null);
  for (const [name, value] of Object.entries(wanted))
    if (name !== 'key' && name !== 'once' && before[name] !== value) setAttribute(node, name, value);
  node[rendered].attributes = wanted;
}

function patchNode(node, description, range) {
  if (isText(description)) {
    const text = String(description);
    if (node.data !== text && !range?.intersectsNode(node)) node.data = text;
    return;
  }
  patchAttributes(node, description.attributes);
  patchChildren(node, description.children, range);
}

function patchChildren(parent, wanted, range) {
  const known = new Map();
  for (const node of parent.childNodes) {
    const name = node[rendered]?.identity ?? '#text';
    if (!known.has(name)) known.set(name, []);
    known.get(name).push(node);
  }
  const chosen = wanted.map((description) => known.get(identity(description))?.shift() ?? null);
  for (const rest of known.values()) for (const node of rest) node.remove();

  let next = parent.firstChild;
  wanted.forEach((description, index) => {
    let node = chosen[index];
    if (!node) {
      node = create(description);
      if (!isText(description)) node[rendered].identity = identity(description);
    }
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
    patchNode(node, description, range);
  });
}
