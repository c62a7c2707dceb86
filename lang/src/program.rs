//! A program: a root file and everything it imports. Does no IO: the caller reads the files.

use std::collections::HashMap;

use crate::ast::{self, Item};
use crate::codes;
use crate::diagnostic::{Diagnostic, Report};
use crate::limits;
use crate::parser::parse_file;
use crate::source::{FileId, Source, Sources, Span};

/// A root file and everything it imports, parsed.
#[derive(Clone, Debug)]
pub struct Program {
    sources: Sources,
    files: Vec<ast::File>,
    /// For each file the files its imports name, in their order.
    imports: Vec<Vec<FileId>>,
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, with the file's name.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

impl Program {
    /// Parses a root file and what it imports. `read` gets paths relative to the root file's folder, with `/` between
    /// their parts and never `..`; the source it returns bears the name that messages show.
    ///
    /// # Errors
    /// E01xx: whatever is wrong in any of the files, at most [`limits::ERRORS`].
    pub fn load(root: Source, read: &mut dyn FnMut(&str) -> Result<Source, Unreadable>) -> Result<Program, Report> {
        let mut loader = Loader {
            read,
            ids: HashMap::new(),
            sources: Vec::new(),
            files: Vec::new(),
            imports: Vec::new(),
            errors: Vec::new(),
        };
        // Who imports the root file means this text, not another reading of it.
        let file_name = root.name().rsplit('/').next().unwrap_or_default().to_owned();
        let id = loader.add(String::new(), root.clone());
        loader.ids.insert(file_name, Some(id));
        let mut next = 0;
        while next < loader.files.len() {
            loader.follow(next);
            next += 1;
        }
        loader.cycle();
        let Loader { sources, files, imports, mut errors, .. } = loader;
        let sources = Sources::new(root, sources.into_iter().skip(1).map(|(_, source)| source));
        if errors.is_empty() {
            return Ok(Program { sources, files, imports });
        }
        errors.sort_by_key(Diagnostic::span);
        errors.truncate(limits::ERRORS);
        Err(Report::new(sources, errors))
    }

    /// Parses a file that imports nothing.
    ///
    /// # Errors
    /// As [`Program::load`]; every import is E0136.
    pub fn single(root: &Source) -> Result<Program, Report> {
        Program::load(root.clone(), &mut |path| {
            Err(Unreadable {
                message: format!("`{path}` cannot be imported: this text stands alone"),
                help: "save the text in the folder of the files it imports".to_owned(),
            })
        })
    }

    /// All texts.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The tree of a file; the root file's for an id of another program.
    pub fn file(&self, file: FileId) -> &ast::File {
        self.files.get(file.index()).unwrap_or(&self.files[0])
    }

    /// The trees of all files, in the order of their ids.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &ast::File)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId::new(index), file))
    }

    /// The imports of a file, each with the file it names.
    pub fn imports(&self, file: FileId) -> impl Iterator<Item = (&ast::Import, FileId)> {
        let targets = self.imports.get(file.index()).map(Vec::as_slice).unwrap_or_default();
        imports(self.file(file)).zip(targets.iter().copied())
    }
}

fn imports(file: &ast::File) -> impl Iterator<Item = &ast::Import> {
    file.items.iter().filter_map(|item| match item {
        Item::Import(import) => Some(import),
        _ => None,
    })
}

struct Loader<'r> {
    read: &'r mut dyn FnMut(&str) -> Result<Source, Unreadable>,
    /// Files by their path from the root file's folder; `None` for those that cannot be read.
    ids: HashMap<String, Option<FileId>>,
    /// The folder of each file, and its text.
    sources: Vec<(String, Source)>,
    files: Vec<ast::File>,
    imports: Vec<Vec<FileId>>,
    errors: Vec<Diagnostic>,
}

impl Loader<'_> {
    /// Parses the next file, which stands in `folder` (empty for the root file's).
    fn add(&mut self, folder: String, source: Source) -> FileId {
        let id = FileId::new(self.files.len());
        let (file, mut errors) = parse_file(id, source.text());
        self.errors.append(&mut errors);
        self.files.push(file);
        self.sources.push((folder, source));
        self.imports.push(Vec::new());
        id
    }

    /// Reads what a file imports.
    fn follow(&mut self, index: usize) {
        let wanted: Vec<(String, Span)> =
            imports(&self.files[index]).map(|import| (import.path.clone(), import.path_span)).collect();
        for (path, span) in wanted {
            let target = self.target(index, &path, span);
            // After an error no tree is returned: any file will do.
            self.imports[index].push(target.unwrap_or(FileId::ROOT));
        }
    }

    fn target(&mut self, index: usize, path: &str, span: Span) -> Option<FileId> {
        let folder = &self.sources[index].0;
        let path = match join(folder, path) {
            Ok(path) => path,
            Err(why) => {
                self.errors.push(
                    Diagnostic::new(codes::IMPORT_PATH, format!("`{path}` is no file that can be imported"))
                        .label(span, why)
                        .help("name a file in or below the folder of the root file, relative to this one, with `/` between folders"),
                );
                return None;
            }
        };
        if let Some(&known) = self.ids.get(&path) {
            return known;
        }
        if self.files.len() >= limits::FILES {
            let message = format!("the program has more than {} files", limits::FILES);
            self.errors.push(
                Diagnostic::new(codes::TOO_MANY_FILES, message)
                    .label(span, "this one is too many")
                    .help("put blocks that belong together into one file"),
            );
            return None;
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let id = match (self.read)(&path) {
            Ok(source) => Some(self.add(folder, source)),
            Err(Unreadable { message, help }) => {
                self.errors
                    .push(Diagnostic::new(codes::IMPORT_UNREADABLE, message).label(span, "imported here").help(help));
                None
            }
        };
        self.ids.insert(path, id);
        id
    }

    /// Reports the first cycle of imports.
    fn cycle(&mut self) {
        /// What a walk knows of a file.
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut states = vec![State::New; self.files.len()];
        // The open files, each with its next import: a walk in depth, without recursion.
        let mut open: Vec<(usize, usize)> = vec![(0, 0)];
        states[0] = State::Open;
        while let Some((file, position)) = open.last_mut() {
            let from = *file;
            let Some(target) = self.imports[from].get(*position).map(|target| target.index()) else {
                states[from] = State::Done;
                open.pop();
                continue;
            };
            *position += 1;
            match states[target] {
                State::New => {
                    states[target] = State::Open;
                    open.push((target, 0));
                }
                State::Open if self.errors.is_empty() => {
                    let start = open.iter().position(|&(file, _)| file == target).unwrap_or(0);
                    let diagnostic = self.cycle_error(&open[start..]);
                    self.errors.push(diagnostic);
                    return;
                }
                State::Open | State::Done => {}
            }
        }
    }

    /// The cycle that the last imports taken by these files close.
    fn cycle_error(&self, cycle: &[(usize, usize)]) -> Diagnostic {
        let name = |file: usize| self.sources[file].1.name();
        let mut route: Vec<String> = cycle.iter().map(|&(file, _)| format!("`{}`", name(file))).collect();
        route.extend(route.first().cloned());
        let mut diagnostic =
            Diagnostic::new(codes::IMPORT_CYCLE, format!("files import each other: {}", route.join(" imports ")));
        for &(file, position) in cycle.iter().rev() {
            if let Some(import) = imports(&self.files[file]).nth(position - 1) {
                let target = self.imports[file][position - 1].index();
                diagnostic = diagnostic.label(import.path_span, format!("`{}` is imported here", name(target)));
            }
        }
        diagnostic.help("move what both need into a third file that imports neither")
    }
}

/// The path of `path`, as written in a file of `folder`, from the root file's folder. Purely textual.
fn join(folder: &str, path: &str) -> Result<String, &'static str> {
    if path.is_empty() {
        return Err("the path is empty");
    }
    if path.starts_with('/') || path.contains(':') {
        return Err("an absolute path");
    }
    if path.contains('\\') {
        return Err("folders are separated by `/`");
    }
    if path.contains(char::is_control) {
        return Err("control characters are in no name of a file");
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" => return Err("an empty name of a folder or file"),
            "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err("this leaves the folder of the root file");
                }
            }
            part => parts.push(part),
        }
    }
    if path.ends_with("/.") || path.ends_with("..") || path == "." {
        return Err("a folder, not a file");
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests;
