//! What each file of a program declares and imports. Names are looked up in the file of what is under evaluation.

use std::collections::{BTreeMap, HashMap};

use rebirth_lang::ast::{Const, ImportName, Item, Param};
use rebirth_lang::{Diagnostic, FileId, Span};

use super::resolver::Resolver;
use super::{codes, functions, suggest};
use crate::ops;

/// What a name at the top level of a file stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Declared<'a> {
    pub(super) item: &'a Item,
    /// The place in this file that introduces the name: the item's own name, or the one in an import.
    pub(super) span: Span,
    /// Whether it is unclear what is meant, which has been reported: the name is declared twice or taken.
    pub(super) unclear: bool,
}

/// The names of one file, in alphabetical order.
pub(super) type Module<'a> = BTreeMap<&'a str, Declared<'a>>;

impl<'a> Resolver<'a> {
    /// Declares the items of all files, then what the files import.
    pub(super) fn declare_all(&mut self) {
        let program = self.program;
        for (id, file) in program.files() {
            self.modules.push(Module::new());
            for item in &file.items {
                self.declare(id, item);
            }
        }
        for (id, _) in program.files() {
            for (import, target) in program.imports(id) {
                for name in &import.names {
                    self.import(id, target, name);
                }
            }
        }
    }

    /// What a name of the current file stands for.
    pub(super) fn item(&self, name: &str) -> Option<&'a Item> {
        self.module().get(name).map(|declared| declared.item)
    }

    /// Whether it has been reported that it is unclear what a name of the current file means.
    pub(super) fn is_unclear(&self, name: &str) -> bool {
        match self.module().get(name) {
            Some(declared) => declared.unclear,
            None => self.lost.contains(&(self.file, name)),
        }
    }

    /// The names of the current file.
    pub(super) fn module(&self) -> &Module<'a> {
        &self.modules[self.file.index()]
    }

    /// The constants of the current file.
    pub(super) fn constants(&self) -> impl Iterator<Item = (&'a str, &'a Const)> {
        self.module().iter().filter_map(|(name, declared)| match declared.item {
            Item::Const(constant) => Some((*name, constant)),
            _ => None,
        })
    }

    /// Evaluates something that stands in `file`.
    pub(super) fn within<T>(&mut self, file: FileId, evaluate: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.file, file);
        let value = evaluate(self);
        self.file = outer;
        value
    }

    fn declare(&mut self, file: FileId, item: &'a Item) {
        let Some(name) = item.name() else { return };
        let (params, what): (&'a [Param], _) = match item {
            Item::Block(block) => (&block.params, built_in(&name.name)),
            Item::Fn(function) => (&function.params, built_in(&name.name)),
            _ => (&[], None),
        };
        self.introduce(file, &name.name, Declared { item, span: name.span, unclear: what.is_some() });
        if let Some(what) = what {
            self.taken(&name.name, name.span, what);
        }
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for param in params {
            if let Some(first) = seen.insert(&param.name.name, param.name.span) {
                self.duplicate_binding(&param.name, first);
            }
        }
    }

    fn taken(&mut self, name: &str, span: Span, what: &str) {
        self.report(
            Diagnostic::new(codes::TAKEN_NAME, format!("`{name}` is already {what}"))
                .label(span, "this needs another name")
                .help(format!("choose another name: every file has {what} `{name}`")),
        );
    }

    fn introduce(&mut self, file: FileId, name: &'a str, declared: Declared<'a>) {
        if let Some(first) = self.modules[file.index()].get_mut(name) {
            first.unclear = true;
            let first = first.span;
            self.report(
                Diagnostic::new(codes::DUPLICATE_ITEM, format!("`{name}` is declared twice"))
                    .label(declared.span, "declared again here")
                    .label(first, "declared first here")
                    .help("constants, functions, blocks and nets share their names: rename one of the two; an import can rename with `as`"),
            );
        } else {
            self.modules[file.index()].insert(name, declared);
        }
    }

    fn import(&mut self, file: FileId, target: FileId, import: &'a ImportName) {
        let (name, local) = (&import.name, import.local());
        match self.modules[target.index()].get(name.name.as_str()).copied() {
            Some(Declared { item: Item::Net(net), .. }) => {
                self.lost.insert((file, &local.name));
                self.report(
                    Diagnostic::new(codes::NOT_IMPORTABLE, format!("`{name}` is a net and cannot be imported"))
                        .label(name.span, "imported here")
                        .label(net.name.span, "declared here")
                        .help("put what nets have in common into a block and import that"),
                );
            }
            // What the file imports itself is not its own to give.
            Some(Declared { item, .. }) if item.span().file == target => {
                let is_called = matches!(item, Item::Block(_) | Item::Fn(_));
                let what = built_in(&local.name).filter(|_| is_called);
                if let (Some(what), Some(alias)) = (what, &import.alias) {
                    self.taken(&alias.name, alias.span, what);
                    self.lost.insert((file, &name.name));
                }
                self.introduce(file, &local.name, Declared { item, span: local.span, unclear: what.is_some() });
            }
            _ => {
                self.lost.insert((file, &local.name));
                self.no_export(target, import);
            }
        }
    }

    fn no_export(&mut self, target: FileId, import: &'a ImportName) {
        let name = &import.name;
        if self.is_known(codes::UNKNOWN_IMPORT.id, Some(name.span)) {
            return;
        }
        let sources = self.program.sources();
        let file = sources.get(target).name();
        let mut diagnostic = Diagnostic::new(codes::UNKNOWN_IMPORT, format!("`{file}` declares no `{name}`"))
            .label(name.span, "imported here");
        let mut passed_on = self
            .program
            .imports(target)
            .flat_map(|(import, from)| import.names.iter().map(move |name| (name.local(), from)));
        diagnostic = match passed_on.find(|(local, _)| local.name == name.name) {
            Some((local, from)) => diagnostic
                .label(local.span, "it only imports it, here")
                .help(format!("import it from `{}`, which declares it", sources.get(from).name())),
            None => {
                let own = || {
                    let items = self.program.file(target).items.iter();
                    items
                        .filter(|item| !matches!(item, Item::Net(_)))
                        .filter_map(|item| item.name().map(|name| name.name.as_str()))
                };
                let near = suggest::nearest(&name.name, own());
                suggest::repair(diagnostic, name.span, near, || format!("it declares {}", suggest::listing(own())))
            }
        };
        self.report(diagnostic);
    }
}

/// What every file has under this name.
fn built_in(name: &str) -> Option<&'static str> {
    if ops::find(name).is_some() {
        Some("an operator")
    } else if functions::find(name).is_some() {
        Some("a function")
    } else {
        None
    }
}
