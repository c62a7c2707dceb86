//! Running a module. Nothing here allocates after [`Session::new`], except the outputs of [`Session::run`].

use std::sync::Arc;
use std::sync::atomic::AtomicPtr;

use crate::buffer::AlignedBuffer;
use crate::cpu;
use crate::elements::Elements;
use crate::error::Error;
use crate::module::{Description, Module, Port};
use crate::shape::byte_len;
use crate::suggest::closest;
use crate::tensor::Tensor;

/// A module with the scratch memory for one call at a time. Threads use a session each, on one shared module.
#[derive(Debug)]
pub struct Session {
    module: Arc<Module>,
    arena: AlignedBuffer,
    /// The pointer table of the entry; `AtomicPtr` has the layout of a pointer, and unlike it is `Send`.
    /// What it holds is valid during a call only.
    io: Vec<AtomicPtr<u8>>,
}

impl Session {
    /// Allocates what running the module needs.
    ///
    /// # Errors
    /// E0810 when this machine lacks the CPU level, E0807 when an input or output is of a type that tensors are not of, E0542 when one is beyond
    /// the caps of [`crate::shape`], E0809 when the weights have another size than described, E0808 when there is no
    /// memory.
    pub fn new(module: Arc<Module>) -> Result<Session, Error> {
        let description = module.description();
        cpu::require(&description.cpu)?;
        for port in description.inputs.iter().chain(&description.outputs) {
            if !Elements::TYPES.contains(&port.dtype) {
                return Err(Error::PortDtype { name: port.name.clone(), dtype: port.dtype });
            }
            byte_len(&port.shape, port.dtype)?;
        }
        if module.weights().len() != description.weights_bytes {
            return Err(Error::ModuleWeights { found: module.weights().len(), expected: description.weights_bytes });
        }
        let arena = AlignedBuffer::zeroed(description.arena_bytes, "the arena")?;
        let count = description.inputs.len() + description.outputs.len();
        let mut io = crate::buffer::reserved(count, "the pointer table")?;
        io.resize_with(count, AtomicPtr::default);
        Ok(Session { module, arena, io })
    }

    /// The module.
    pub fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// What the module takes and gives.
    pub fn description(&self) -> &Description {
        self.module.description()
    }

    /// Runs the module on `inputs`, in the order of the description, and returns its outputs in theirs.
    ///
    /// # Errors
    /// E0801, E0802 and E0811 when the inputs don't match the description, E0808 when there is no memory for the outputs.
    pub fn run(&mut self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, Error> {
        check_inputs(&self.description().inputs, inputs)?;
        let ports = &self.description().outputs;
        let mut outputs = crate::buffer::reserved(ports.len(), "the outputs")?;
        for port in ports {
            outputs.push(Tensor::zeros_of(port.dtype, port.shape.as_slice())?);
        }
        self.run_into(inputs, &mut outputs)?;
        Ok(outputs)
    }

    /// Like [`Session::run`], with inputs by name in any order; see [`Description::arrange`].
    ///
    /// # Errors
    /// Those of [`Description::arrange`] and [`Session::run`].
    pub fn run_named(&mut self, inputs: &[(&str, &Tensor)]) -> Result<Vec<Tensor>, Error> {
        let inputs = self.description().arrange(inputs)?;
        self.run(&inputs)
    }

    /// Runs the module, writing into existing tensors. Allocates nothing unless it fails.
    ///
    /// # Errors
    /// E0801, E0802, E0805, E0806, E0811 and E0812 when inputs or outputs don't match the description; nothing has run then.
    pub fn run_into(&mut self, inputs: &[&Tensor], outputs: &mut [Tensor]) -> Result<(), Error> {
        let description = self.module.description();
        check_inputs(&description.inputs, inputs)?;
        check_outputs(&description.outputs, outputs)?;

        let pointers = inputs
            .iter()
            .map(|input| input.elements().as_ptr().cast_mut())
            .chain(outputs.iter_mut().map(|output| output.elements_mut().as_mut_ptr()));
        for (slot, pointer) in self.io.iter_mut().zip(pointers) {
            *slot.get_mut() = pointer;
        }
        let table = self.io.as_ptr().cast::<*mut u8>();
        let weights = self.module.weights().as_ptr();
        let arena = self.arena.as_mut_ptr();
        // SAFETY: `Module::new` was promised that `entry` is valid while the module lives (held by `self.module`) and
        // keeps within buffers of the described sizes. They have these sizes: inputs and outputs were checked above to
        // have the described shapes and types, which tensors can have (`Session::new`); the weights were compared with the
        // description and the arena was allocated from it, both 64-byte aligned (`Session::new`). The table has a slot
        // for each input and output, `AtomicPtr` being laid out as a pointer. Only the outputs and the arena are
        // written: both are borrowed mutably here, so no input and no other call overlaps them. The CPU has the
        // described level (`Session::new`).
        #[allow(unsafe_code)]
        unsafe {
            (self.module.entry())(table, weights, arena);
        }
        Ok(())
    }
}

impl Description {
    /// Puts inputs given by name into the order that [`Session::run`] takes.
    ///
    /// # Errors
    /// E0803 for a name that no input has, E0804 for one given twice, E0801 when some are missing.
    pub fn arrange<'t>(&self, named: &[(&str, &'t Tensor)]) -> Result<Vec<&'t Tensor>, Error> {
        let names = || self.inputs.iter().map(|port| port.name.as_str());
        for (index, &(name, _)) in named.iter().enumerate() {
            if !names().any(|input| input == name) {
                return Err(Error::InputName {
                    name: name.to_owned(),
                    names: list(&self.inputs),
                    similar: closest(name, names()).map(str::to_owned),
                });
            }
            if named[..index].iter().any(|&(earlier, _)| earlier == name) {
                return Err(Error::InputTwice { name: name.to_owned() });
            }
        }
        let arranged: Vec<&Tensor> = names()
            .filter_map(|input| named.iter().find(|(name, _)| *name == input))
            .map(|&(_, tensor)| tensor)
            .collect();
        check_input_count(&self.inputs, arranged.len())?;
        Ok(arranged)
    }
}

fn check_input_count(ports: &[Port], found: usize) -> Result<(), Error> {
    if found == ports.len() {
        return Ok(());
    }
    Err(Error::InputCount { found, expected: ports.len(), names: list(ports) })
}

fn check_inputs(ports: &[Port], inputs: &[&Tensor]) -> Result<(), Error> {
    check_input_count(ports, inputs.len())?;
    let mut pairs = ports.iter().zip(inputs);
    match pairs.find(|(port, input)| port.dtype != input.dtype() || port.shape != input.shape()) {
        None => Ok(()),
        Some((port, input)) if port.dtype != input.dtype() => {
            Err(Error::InputDtype { name: port.name.clone(), found: input.dtype(), expected: port.dtype })
        }
        Some((port, input)) => Err(Error::InputShape {
            name: port.name.clone(),
            found: input.shape().to_vec(),
            expected: port.shape.clone(),
        }),
    }
}

fn check_outputs(ports: &[Port], outputs: &[Tensor]) -> Result<(), Error> {
    if outputs.len() != ports.len() {
        return Err(Error::OutputCount { found: outputs.len(), expected: ports.len(), names: list(ports) });
    }
    let mut pairs = ports.iter().zip(outputs);
    match pairs.find(|(port, output)| port.dtype != output.dtype() || port.shape != output.shape()) {
        None => Ok(()),
        Some((port, output)) if port.dtype != output.dtype() => {
            Err(Error::OutputDtype { name: port.name.clone(), found: output.dtype(), expected: port.dtype })
        }
        Some((port, output)) => Err(Error::OutputShape {
            name: port.name.clone(),
            found: output.shape().to_vec(),
            expected: port.shape.clone(),
        }),
    }
}

fn list(ports: &[Port]) -> String {
    let names: Vec<_> = ports.iter().map(|port| format!("`{}`", port.name)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
