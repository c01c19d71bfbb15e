"use strict";
// Where the command `nnspec` is: the workspace's environment first. Nothing here asks the editor; tests run it alone.

const path = require("path");

const ENVIRONMENTS = [".venv", "venv", "env"];

/** The folder of programs in an environment, and the program's name, on this system. */
function programs(windows) {
  return windows ? {folder: "Scripts", name: "nnspec.exe"} : {folder: "bin", name: "nnspec"};
}

/**
 * Where to look, the likeliest first, each with how a person knows it.
 *
 * @param {{folders: string[], interpreters: string[], environment: Record<string, string | undefined>, windows: boolean}} given
 *   folders of the workspace; Python interpreters that the editor knows; variables of the environment.
 * @returns {{file: string, of: string}[]}
 */
function places(given) {
  const {folder, name} = programs(given.windows);
  const join = given.windows ? path.win32 : path.posix;
  const found = [];
  for (const root of given.folders) {
    for (const one of ENVIRONMENTS) found.push({file: join.join(root, one, folder, name), of: `${one} of the workspace`});
  }
  for (const python of given.interpreters) {
    if (join.isAbsolute(python)) found.push({file: join.join(join.dirname(python), name), of: "the Python interpreter"});
  }
  for (const variable of ["VIRTUAL_ENV", "CONDA_PREFIX"]) {
    const root = given.environment[variable];
    if (root) found.push({file: join.join(root, folder, name), of: `$${variable}`});
  }
  const separator = given.windows ? ";" : ":";
  const listed = given.environment.PATH ?? given.environment.Path ?? "";
  for (const one of listed.split(separator)) {
    if (join.isAbsolute(one)) found.push({file: join.join(one, name), of: "the PATH"});
  }
  return found;
}

/**
 * The command that starts nnspec, or null.
 *
 * @param {string[]} configured what the setting `nnspec.command` says
 * @param {(file: string) => boolean} isProgram whether a file is there and can be run
 */
function find(configured, given, isProgram) {
  if (configured.length) return {command: configured, of: "the setting nnspec.command"};
  const first = places(given).find((place) => isProgram(place.file));
  return first ? {command: [first.file], of: first.of} : null;
}

/** What a person types to get nnspec into the workspace's environment. */
function installation(windows, hasEnvironment) {
  const {folder} = programs(windows);
  const pip = windows ? `.venv\\${folder}\\python -m pip install nnspec` : `.venv/${folder}/python -m pip install nnspec`;
  if (hasEnvironment) return pip;
  return `${windows ? "py" : "python3"} -m venv .venv ${windows ? ";" : "&&"} ${pip}`;
}

module.exports = {ENVIRONMENTS, find, installation, places};
