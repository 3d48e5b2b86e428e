/** Small tools for the page's elements. */
export const $ = (id) => document.getElementById(id);

/** `element('p.note', {hidden: true}, 'text', child)`; attributes that are undefined or false are left out. */
export const element = (name, attributes = {}, ...children) => {
  const [tag, ...classes] = name.split('.');
  const made = document.createElement(tag);
  if (classes.length > 0) made.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key === 'onclick') made.addEventListener('click', value);
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(Boolean));
  return made;
};

/** A line drawing on a 24 × 24 grid; with a label it is an image, without it is decoration. */
export const icon = (path, label) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  if (label) {
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', label);
  } else {
    svg.setAttribute('aria-hidden', 'true');
  }
  const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  drawn.setAttribute('d', path);
  svg.append(drawn);
  return svg;
};
