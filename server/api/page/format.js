// Numbers, ages and times for people. What is not known is a dash, never 0.

export const dash = '–';

export function isKnown(value) {
  return value !== null && value !== undefined;
}

export function number(value) {
  return isKnown(value) ? value.toLocaleString('en') : dash;
}

/** 0.4 s, 42 s, 12 min, 3 h 5 min, 2 d 4 h. */
export function duration(seconds) {
  if (!isKnown(seconds)) return dash;
  if (seconds === 0) return '0 s';
  if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 1) return `${Number((seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0))} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d${hours % 24 ? ` ${hours % 24} h` : ''}`;
}

export function age(seconds) {
  return isKnown(seconds) ? `${duration(seconds)} ago` : dash;
}

/** Seconds from one RFC 3339 time to another; null when one is not known. */
export function secondsBetween(from, to) {
  return isKnown(from) && isKnown(to) ? (Date.parse(to) - Date.parse(from)) / 1000 : null;
}

const two = (value) => String(value).padStart(2, '0');

/** Local time; the date when it is another day; milliseconds where order matters. */
export function time(text, { precise = false } = {}) {
  if (!isKnown(text)) return dash;
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return dash;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${precise ? `.${String(at.getMilliseconds()).padStart(3, '0')}` : ''}`;
  return at.toDateString() === new Date().toDateString()
    ? clock
    : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`;
}

export function bytes(value) {
  if (!isKnown(value)) return dash;
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let size = value;
  for (; size >= 1024 && unit < units.length - 1; ++unit) size /= 1024;
  return `${unit ? size.toFixed(1) : size} ${units[unit]}`;
}

export function percent(share) {
  return isKnown(share) ? `${(share * 100).toFixed(1)} %` : dash;
}

/** "1 delivery", "12 deliveries". */
export function counted(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}
/** in_flight is "in flight". */
export function words(name) {
  return String(name).replaceAll('_', ' ');
}
