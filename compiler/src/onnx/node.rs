//! A node of the model: its inputs and attributes, with errors that name it.

use std::cell::RefCell;
use std::rc::Rc;

use rebirth_lang::codes::Code;

use super::error::{OnnxError, shown};
use super::tensor::Stored;
use super::{codes, proto};

/// Attribute types in AttributeProto.AttributeType, and how messages call them.
const KINDS: [(i32, &str); 6] = [
    (1, "a number"),
    (2, "an integer"),
    (3, "a string"),
    (4, "a tensor"),
    (6, "a list of numbers"),
    (7, "a list of integers"),
];

/// A node as the file has it; tensors of attributes are checked.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) proto: proto::Node,
    /// One an attribute.
    pub(super) tensors: Vec<Option<Rc<Stored>>>,
}

/// A node while it is mapped.
pub(super) struct Node<'a> {
    declared: &'a Declared,
    /// The version of the operator set.
    pub(super) version: i64,
    /// Which attributes have been asked for.
    asked: RefCell<Vec<bool>>,
}

impl<'a> Node<'a> {
    pub(super) fn new(declared: &'a Declared, version: i64) -> Node<'a> {
        Node { declared, version, asked: RefCell::new(vec![false; declared.proto.attribute.len()]) }
    }

    pub(super) fn op_type(&self) -> &'a str {
        &self.declared.proto.op_type
    }

    /// `Conv`, or with its domain where that is not ONNX's own.
    pub(super) fn operator(&self) -> String {
        match self.declared.proto.domain.as_str() {
            "" | "ai.onnx" => shown(self.op_type()),
            domain => format!("{}.{}", shown(domain), shown(self.op_type())),
        }
    }

    /// Whether the operator is one of ONNX itself.
    pub(super) fn is_standard(&self) -> bool {
        matches!(self.declared.proto.domain.as_str(), "" | "ai.onnx")
    }

    /// Names of inputs; an empty one stands for an input that is left out.
    pub(super) fn inputs(&self) -> &'a [String] {
        &self.declared.proto.input
    }

    pub(super) fn outputs(&self) -> &'a [String] {
        &self.declared.proto.output
    }

    /// The name of an input that is given.
    pub(super) fn input(&self, index: usize) -> Option<&'a str> {
        self.inputs().get(index).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// How many outputs are used.
    pub(super) fn used_outputs(&self) -> usize {
        self.outputs().iter().filter(|name| !name.is_empty()).count()
    }

    /// What the node is called in messages: by its name, else by its output.
    pub(super) fn called(&self) -> String {
        match (self.declared.proto.name.as_str(), self.outputs().first()) {
            ("", Some(output)) => format!("`{}`", shown(output)),
            ("", None) => "without a name".to_string(),
            (name, _) => format!("`{}`", shown(name)),
        }
    }

    /// The node as a part of a sentence.
    pub(super) fn about(&self) -> String {
        let outputs: Vec<String> = self.outputs().iter().take(3).map(|name| format!("`{}`", shown(name))).collect();
        match (self.declared.proto.name.is_empty(), outputs.is_empty()) {
            (false, false) => {
                format!("the node {} ({}, which gives {})", self.called(), self.operator(), outputs.join(", "))
            }
            (true, false) => format!("the node {} that gives {}", self.operator(), outputs.join(", ")),
            (_, true) => format!("the node {} ({})", self.called(), self.operator()),
        }
    }

    /// An error about this node; who maps the node adds [`Node::about`].
    pub(super) fn error(&self, code: Code, message: impl Into<String>, help: impl Into<String>) -> OnnxError {
        OnnxError::new(code, message, help)
    }

    fn attribute(&self, name: &str, kind: i32) -> Result<Option<&'a proto::Attribute>, OnnxError> {
        let Some(found) = self.find(name) else { return Ok(None) };
        let attribute = &self.declared.proto.attribute[found];
        if !attribute.ref_attr_name.is_empty() {
            let message = format!("the attribute `{name}` refers to one of a function");
            return Err(self.error(codes::ATTRIBUTE, message, "inline the functions of the model before importing it"));
        }
        // Files of ONNX's first versions leave the type out.
        if attribute.kind != kind && attribute.kind != 0 {
            let called = KINDS.iter().find(|(number, _)| *number == kind).map_or("something else", |(_, name)| name);
            let message = format!("the attribute `{name}` must be {called}");
            return Err(self.error(codes::ATTRIBUTE, message, "export the model again, or correct the node"));
        }
        Ok(Some(attribute))
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.declared.proto.attribute.iter().position(|attribute| attribute.name == name)
    }

    fn find(&self, name: &str) -> Option<usize> {
        let found = self.position(name)?;
        if let Some(asked) = self.asked.borrow_mut().get_mut(found) {
            *asked = true;
        }
        Some(found)
    }

    /// Notes that attributes may be there and mean nothing here.
    pub(super) fn ignore(&self, names: &[&str]) {
        for name in names {
            self.find(name);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn int(&self, name: &str, default: i64) -> Result<i64, OnnxError> {
        Ok(self.attribute(name, 2)?.map_or(default, |attribute| attribute.i))
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, OnnxError> {
        Ok(self.int(name, i64::from(default))? != 0)
    }

    pub(super) fn float(&self, name: &str, default: f64) -> Result<f64, OnnxError> {
        Ok(self.attribute(name, 1)?.map_or(default, |attribute| shortest(attribute.f)))
    }

    pub(super) fn string(&self, name: &str, default: &str) -> Result<String, OnnxError> {
        let Some(attribute) = self.attribute(name, 3)? else { return Ok(default.to_string()) };
        Ok(String::from_utf8_lossy(&attribute.s).into_owned())
    }

    pub(super) fn ints(&self, name: &str) -> Result<Option<&'a [i64]>, OnnxError> {
        Ok(self.attribute(name, 7)?.map(|attribute| attribute.ints.as_slice()))
    }

    pub(super) fn floats(&self, name: &str) -> Result<Option<&'a [f32]>, OnnxError> {
        Ok(self.attribute(name, 6)?.map(|attribute| attribute.floats.as_slice()))
    }

    pub(super) fn tensor(&self, name: &str) -> Result<Option<Rc<Stored>>, OnnxError> {
        self.attribute(name, 4)?;
        Ok(self.find(name).and_then(|found| self.declared.tensors.get(found).cloned().flatten()))
    }

    /// An attribute has a value that cannot be.
    pub(super) fn bad_attribute(&self, name: &str, found: impl std::fmt::Display, wanted: &str) -> OnnxError {
        let message = format!("the attribute `{name}` is {}, but must be {wanted}", shown(&found.to_string()));
        self.error(codes::ATTRIBUTE, message, "export the model again with a value that is supported")
    }

    /// Something that the operator can do in ONNX and not here.
    pub(super) fn unsupported(&self, what: impl Into<String>) -> OnnxError {
        OnnxError::new(codes::UNSUPPORTED, what, "")
    }

    /// Checks that no attribute is left that nobody has asked for.
    pub(super) fn all_asked(&self) -> Result<(), OnnxError> {
        let asked = self.asked.borrow();
        let stranger = self.declared.proto.attribute.iter().zip(asked.iter()).find(|(_, asked)| !**asked);
        let Some((attribute, _)) = stranger else { return Ok(()) };
        if self.position(&attribute.name).is_some_and(|first| asked.get(first) == Some(&true)) {
            let message = format!("it has the attribute `{}` twice", shown(&attribute.name));
            return Err(self.error(codes::ATTRIBUTE, message, "remove one of the two"));
        }
        Err(self.error(
            codes::ATTRIBUTE,
            format!(
                "{} of operator set {} has no attribute `{}`",
                self.operator(),
                self.version,
                shown(&attribute.name)
            ),
            "the model may state another operator set than it was made for: export it again",
        ))
    }
}

/// An f32 as the shortest decimal number that is nearest to it: 0.1 rather than 0.10000000149.
pub(super) fn shortest(value: f32) -> f64 {
    // What is not finite has no decimals.
    value.to_string().parse().unwrap_or(f64::from(value))
}
