import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/**
 * The imports between the files of a folder, those of types included: a map from each file to the
 * files that it imports, as paths from the folder. Tests and what only they use are left out, for
 * they may import anything.
 */
export function importsOf(folder) {
  const names = readdirSync(folder, { recursive: true }).map((name) => name.replaceAll('\\', '/'));
  const files = new Set(names.filter(isSource));
  const importsOfFile = (file) => {
    const { importedFiles } = ts.preProcessFile(
      readFileSync(join(folder, file), 'utf8'),
      true,
      true,
    );
    const paths = importedFiles
      .filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => posix.join(posix.dirname(file), fileName).replace(/\.js$/, ''));
    return paths.flatMap((path) =>
      ['.ts', '.tsx', ''].map((end) => path + end).filter((it) => files.has(it)),
    );
  };
  return new Map([...files].sort().map((file) => [file, [...new Set(importsOfFile(file))]]));
}

function isSource(name) {
  if (!/\.tsx?$/.test(name) || /\.test\.tsx?$/.test(name)) return false;
  return !/(?:^|\/)(?:node_modules|dist|build|test|testing)\//.test(name);
}

/**
 * The room that a file belongs to, which is the one of the longest name; undefined where there is
 * none.
 */
export function roomOf(file, rooms) {
  const names = Object.keys(rooms);
  const room = names
    .filter((name) => file === name || file.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (room === undefined || posix.dirname(file) === room) return room;
  const isDivided = names.some((name) => name.startsWith(`${room}/`) && !/\.tsx?$/.test(name));
  return isDivided ? undefined : room;
}

/** A sentence for each import that `rooms` does not allow, and each file without a room. */
export function forbiddenImports(imports, rooms) {
  const found = [];
  for (const [file, targets] of imports) {
    const room = roomOf(file, rooms);
    if (room === undefined) {
      found.push(`Expected a room for \`${file}\` but got none.`);
      continue;
    }
    for (const target of targets) {
      const other = roomOf(target, rooms);
      if (other === undefined || other === room || rooms[room].includes(other)) continue;
      found.push(`Expected \`${file}\` to import only what \`${room}\` may but got \`${target}\`.`);
    }
  }
  return found;
}

/** Collects the rooms that each room imports. */
export function roomImports(imports, rooms) {
  const graph = new Map(Object.keys(rooms).map((room) => [room, new Set()]));
  for (const [file, targets] of imports) {
    const room = roomOf(file, rooms);
    for (const target of targets) {
      const other = roomOf(target, rooms);
      if (room !== undefined && other !== undefined && other !== room) graph.get(room).add(other);
    }
  }
  return graph;
}

/** Merges the nodes of a knot into one node with the name of its first. */
export function tied(graph, knot) {
  const nameOf = (node) => (knot.includes(node) ? knot[0] : node);
  const result = new Map();
  for (const [node, targets] of graph) {
    const name = nameOf(node);
    const others = [...targets].map(nameOf).filter((target) => target !== name);
    result.set(name, new Set([...(result.get(name) ?? []), ...others]));
  }
  return result;
}

/**
 * Circles of a graph, as lists that begin and end with the same node; one at least for each that
 * there is.
 */
export function circles(graph) {
  const found = [];
  const done = new Set();
  const visit = (node, way) => {
    const start = way.indexOf(node);
    if (start >= 0) {
      found.push([...way.slice(start), node]);
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...way, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}
