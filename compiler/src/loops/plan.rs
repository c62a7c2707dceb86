//! The memory plan: one arena, offsets by liveness, results in place of operands where every element is read before it is overwritten.

use super::lower::LowerError;
use super::nest::BufferId;
use super::program::{Home, Program};

/// Every buffer starts on a cache line.
pub const ALIGN: usize = 64;

/// First and last region that touches a buffer or one of its aliases, by position.
pub(super) fn lifetimes(program: &Program) -> Vec<Option<(usize, usize)>> {
    let mut lifetimes: Vec<Option<(usize, usize)>> = vec![None; program.buffers.len()];
    for (at, region) in program.regions.iter().enumerate() {
        for &buffer in region.reads.iter().chain(&region.writes) {
            let life = &mut lifetimes[program.root(buffer).index()];
            *life = Some(life.map_or((at, at), |(first, _)| (first, at)));
        }
    }
    lifetimes
}

/// Gives every buffer of the arena and of the weights its offset, and the program its sizes.
///
/// # Errors
/// The arena or the weights are too large.
pub fn plan(program: &mut Program) -> Result<(), LowerError> {
    let too_large = |what: &str| LowerError::TooLarge { what: what.to_string() };
    let mut weights = 0usize;
    for pack in &program.packs {
        let buffer = &mut program.buffers[pack.buffer.index()];
        buffer.home = Home::Weights(weights);
        weights = weights
            .checked_add(buffer.bytes().next_multiple_of(ALIGN))
            .filter(|w| *w <= isize::MAX as usize)
            .ok_or_else(|| too_large("the packed weights"))?;
    }
    program.weights_bytes = weights;

    let mut lifetimes = lifetimes(program);
    let in_arena = |program: &Program, id: BufferId| matches!(program.buffer(id).home, Home::Arena(_));
    // Results that take over their operand's memory, with whose they take.
    let mut taken: Vec<(BufferId, BufferId)> = Vec::new();
    for (at, region) in program.regions.iter().enumerate() {
        let (Some(operand), [result]) = (region.in_place, &region.writes[..]) else { continue };
        let (operand, result) = (program.root(operand), program.root(*result));
        let (Some((_, last)), Some((first, end))) = (lifetimes[operand.index()], lifetimes[result.index()]) else {
            continue;
        };
        let same_size = program.buffer(operand).bytes() == program.buffer(result).bytes();
        if in_arena(program, operand) && in_arena(program, result) && same_size && last == at && first == at {
            let owner = taken.iter().rev().find(|(r, _)| *r == operand).map_or(operand, |(_, owner)| *owner);
            taken.push((result, owner));
            // The owner's memory was in use up to here and now is up to the result's end.
            if let Some(life) = &mut lifetimes[owner.index()] {
                life.1 = end;
            }
        }
    }
    let mut order: Vec<BufferId> = (0..program.buffers.len())
        .map(BufferId::new)
        .filter(|&id| {
            in_arena(program, id)
                && program.buffer(id).alias.is_none()
                && lifetimes[id.index()].is_some()
                && !taken.iter().any(|(r, _)| *r == id)
        })
        .collect();
    order.sort_by_key(|&id| (std::cmp::Reverse(program.buffer(id).bytes()), id));
    let mut placed: Vec<(usize, usize, (usize, usize))> = Vec::new();
    for id in order {
        let Some(life) = lifetimes[id.index()] else { continue };
        let bytes = program.buffer(id).bytes().next_multiple_of(ALIGN);
        let mut busy: Vec<(usize, usize)> = placed
            .iter()
            .filter(|(_, _, other)| other.0 <= life.1 && life.0 <= other.1)
            .map(|(start, end, _)| (*start, *end))
            .collect();
        busy.sort_unstable();
        let mut offset = 0usize;
        for (start, end) in busy {
            if offset + bytes <= start {
                break;
            }
            offset = offset.max(end);
        }
        let end =
            offset.checked_add(bytes).filter(|e| *e <= isize::MAX as usize).ok_or_else(|| too_large("the arena"))?;
        placed.push((offset, end, life));
        program.buffers[id.index()].home = Home::Arena(offset);
        program.arena_bytes = program.arena_bytes.max(end);
    }
    for (result, owner) in taken {
        program.buffers[result.index()].home = program.buffer(owner).home;
    }
    for i in 0..program.buffers.len() {
        let root = program.root(BufferId::new(i));
        program.buffers[i].home = program.buffer(root).home;
    }
    Ok(())
}
