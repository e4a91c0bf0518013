//! Cuts a program in two by what its first moments run: the functions that they don't run are fetched later.
//!
//! Where such a function is called or pointed to, the first part has a door in its place: it sees to it that the second part
//! is there and passes the call on, through the table of functions. So it is always right which function is in which part;
//! it only decides whether somebody waits. What is later is told by name: lines of `later.txt`, each the beginning of names.
//!
//! Left out: data stays in the first part, also what only the second reads; and a function is not cut within, so one that does
//! much is first if any of it is.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, Instruction, Module, TableSection, TypeSection, ValType,
};
use wasmparser::{
    ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody, KnownCustom, Name, Operator, Parser, Payload,
    TableType, TypeRef, Validator,
};

use crate::Outcome;

/// A function of fewer bytes than that is not worth its door.
const DOOR: usize = 80;
/// What the second part calls the first.
const FIRST: &str = "first";
/// The first part's import that fetches the second at once, and its variable that is 1 while the second is missing.
pub(crate) const FETCH: (&str, &str) = ("./__wasm_split.js", "laterNow");
pub(crate) const MISSING: &str = "missing";

/// A function: its number, how many bytes it has, its name.
pub(crate) type Known = (u32, usize, String);

/// The two parts of a program.
pub(crate) struct Parts {
    pub(crate) first: Vec<u8>,
    pub(crate) later: Vec<u8>,
    /// What the functions of the page that both call were named before, and are now: a hash in each name is long.
    pub(crate) renamed: Vec<(String, String)>,
}

/// A program, as far as cutting it takes to know. Functions count from the first import on.
#[derive(Default)]
struct Program<'a> {
    types: Vec<FuncType>,
    imports: Vec<(&'a str, String)>,
    /// The type of each function, imports included.
    functions: Vec<u32>,
    bodies: Vec<FunctionBody<'a>>,
    tables: Vec<TableType>,
    globals: Vec<wasmparser::GlobalType>,
    exports: BTreeMap<(u8, u32), &'a str>,
    /// The function in each slot of the table of functions.
    slots: BTreeMap<u32, u32>,
    start: Option<u32>,
    names: BTreeMap<u32, String>,
}

impl<'a> Program<'a> {
    fn read(module: &'a [u8]) -> Outcome<Self> {
        let mut program = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            program.take(payload?)?;
        }
        Ok(program)
    }

    fn take(&mut self, payload: Payload<'a>) -> Outcome<()> {
        match payload {
            Payload::TypeSection(section) => {
                self.types = section.into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let TypeRef::Func(kind) = import.ty else { return Err("only functions may be imported".into()) };
                    self.imports.push((import.module, import.name.to_owned()));
                    self.functions.push(kind);
                }
            }
            Payload::FunctionSection(section) => {
                self.functions.extend(section.into_iter().collect::<Result<Vec<_>, _>>()?);
            }
            Payload::TableSection(section) => {
                let tables: Result<Vec<_>, _> = section.into_iter().map(|table| table.map(|table| table.ty)).collect();
                self.tables = tables?;
            }
            Payload::GlobalSection(section) => {
                let globals: Result<Vec<_>, _> = section.into_iter().map(|one| one.map(|one| one.ty)).collect();
                self.globals = globals?;
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.exports.insert((kind(export.kind)?, export.index), export.name);
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => {
                for element in section {
                    self.take_slots(element?)?;
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.take_names(names)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_slots(&mut self, element: wasmparser::Element<'a>) -> Outcome<()> {
        let ElementItems::Functions(functions) = element.items else { return Ok(()) };
        let ElementKind::Active { table_index, offset_expr } = element.kind else {
            return Err("slots of the table of functions are filled at once".into());
        };
        let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
            return Err("slots of the table of functions have numbers".into());
        };
        if table_index.unwrap_or(0) != 0 {
            return Err("the table of functions is the first one".into());
        }
        for (slot, function) in (value as u32..).zip(functions) {
            self.slots.insert(slot, function?);
        }
        Ok(())
    }

    fn take_names(&mut self, names: wasmparser::NameSectionReader<'a>) -> Outcome<()> {
        for name in names {
            if let Name::Function(functions) = name? {
                for function in functions {
                    let function = function?;
                    self.names.insert(function.index, without_hashes(function.name));
                }
            }
        }
        Ok(())
    }

    /// Gives short names to what is imported from the page.
    fn shorten(&mut self) -> Vec<(String, String)> {
        let page = self.imports.iter_mut().filter(|(module, _)| *module != FETCH.0).map(|(_, name)| name);
        page.enumerate()
            .map(|(number, name)| (std::mem::replace(name, format!("i{number}")), format!("i{number}")))
            .collect()
    }

    fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        self.bodies.get((function as usize).checked_sub(self.imports.len())?)
    }

    fn all(&self) -> impl Iterator<Item = u32> + use<> {
        0..self.functions.len() as u32
    }

    fn is_import(&self, function: u32) -> bool {
        (function as usize) < self.imports.len()
    }

    /// The functions that some of its functions name.
    fn named_by(&self, functions: &BTreeSet<u32>) -> Outcome<BTreeSet<u32>> {
        let mut named = BTreeSet::new();
        for body in functions.iter().filter_map(|function| self.body(*function)) {
            for operator in body.get_operators_reader()? {
                match operator? {
                    Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                        named.insert(function_index);
                    }
                    Operator::RefFunc { .. } => return Err("functions are pointed to by slots of a table only".into()),
                    _ => {}
                }
            }
        }
        Ok(named)
    }
}

/// `name` without what differs from one build to the next: hashes, sixteen digits in brackets, and a number at the end.
fn without_hashes(name: &str) -> String {
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit()).strip_suffix('.').unwrap_or(name);
    let mut kept = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        kept.push_str(before);
        let hash = after
            .split_once(']')
            .filter(|(hash, _)| hash.len() >= 15 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match hash {
            Some((_, after)) => rest = after,
            None => {
                kept.push('[');
                rest = after;
            }
        }
    }
    kept + rest
}

fn kind(kind: ExternalKind) -> Outcome<u8> {
    match kind {
        ExternalKind::Func => Ok(0),
        ExternalKind::Table => Ok(1),
        ExternalKind::Memory => Ok(2),
        ExternalKind::Global => Ok(3),
        _ => Err("it exports what is not known here".into()),
    }
}

const KINDS: [ExportKind; 4] = [ExportKind::Func, ExportKind::Table, ExportKind::Memory, ExportKind::Global];

/// Who is where.
struct Plan<'a> {
    program: Program<'a>,
    /// The functions of the first part, imports included, in their order.
    first: BTreeSet<u32>,
    /// The functions of the second part.
    later: BTreeSet<u32>,
    /// Those of them that the first part names, each with a slot of its own.
    doors: BTreeMap<u32, u32>,
    /// What the second part takes from the first, under these names.
    shared: BTreeMap<(u8, u32), String>,
    /// The imports of the second part: the program's, then functions of the first.
    imports: Vec<u32>,
    /// How many slots the table of functions has in the end.
    slots: u32,
    /// Whether each function is to tell that it runs: it leaves its number in `missing`, and fetches.
    watched: bool,
}

impl<'a> Plan<'a> {
    fn new(program: Program<'a>, is_later: impl Fn(&str) -> bool) -> Outcome<Self> {
        let named_later = |function: &u32| {
            let long = program.body(*function).is_some_and(|body| body.as_bytes().len() > DOOR);
            long && program.start != Some(*function) && program.names.get(function).is_some_and(|name| is_later(name))
        };
        let later: BTreeSet<u32> = program.all().filter(named_later).collect();
        let own: BTreeSet<u32> = program.all().filter(|one| !program.is_import(*one) && !later.contains(one)).collect();
        let mut named = program.named_by(&own)?;
        named.extend(program.slots.values());
        named.extend(program.exports.keys().filter(|(kind, _)| *kind == 0).map(|(_, function)| function));

        let mut slots = program.tables.first().ok_or("it has no table of functions")?.initial as u32;
        let mut doors = BTreeMap::new();
        for function in named.intersection(&later) {
            let there = program.slots.iter().find(|(_, pointed)| *pointed == function).map(|(slot, _)| *slot);
            doors.insert(*function, there.unwrap_or(slots));
            slots += u32::from(there.is_none());
        }

        let wanted: BTreeSet<u32> = &program.named_by(&later)? - &later;
        let (theirs, ours): (Vec<u32>, Vec<u32>) = wanted.iter().partition(|one| program.is_import(**one));
        let globals = (0..program.globals.len() as u32).map(|global| (3, global));
        let tables = (0..program.tables.len() as u32).map(|table| (1, table));
        let shared = ours.iter().map(|function| (0, *function)).chain(tables).chain([(2, 0)]).chain(globals);
        let shared = shared.enumerate().map(|(number, what)| (what, format!("{number:x}"))).collect();
        let first = named.into_iter().filter(|one| program.is_import(*one)).chain(own).collect();
        Ok(Self { imports: [theirs, ours].concat(), program, first, later, doors, shared, slots, watched: false })
    }

    /// Where a function is in the first part: imports, then the one that fetches the second part, then its own functions, then
    /// the one that makes sure of the second part, then the doors.
    fn in_first(&self) -> BTreeMap<u32, u32> {
        let (fetch, sure) = (self.fetch(), self.sure());
        let own = self.first.iter().zip((0..fetch).chain(fetch + 1..sure));
        own.chain(self.doors.keys().zip(sure + 1..)).map(|(function, index)| (*function, index)).collect()
    }

    fn fetch(&self) -> u32 {
        self.first.iter().filter(|one| self.program.is_import(**one)).count() as u32
    }

    fn missing(&self) -> u32 {
        self.program.globals.len() as u32
    }

    fn sure(&self) -> u32 {
        self.first.len() as u32 + 1
    }

    /// Where a function is in the second part.
    fn in_later(&self) -> BTreeMap<u32, u32> {
        self.imports.iter().chain(&self.later).copied().zip(0..).collect()
    }

    /// The type of what takes nothing and gives nothing: the last one.
    fn plain(&self) -> u32 {
        self.program.types.len() as u32
    }

    fn type_of(&self, function: u32) -> u32 {
        self.program.functions[function as usize]
    }

    /// What stands in the first part for a function of the second.
    fn door(&self, function: u32, slot: u32) -> Function {
        let kind = self.type_of(function);
        let mut door = Function::new([]);
        door.instruction(&Instruction::Call(self.sure()));
        for parameter in 0..self.program.types[kind as usize].params().len() {
            door.instruction(&Instruction::LocalGet(parameter as u32));
        }
        door.instruction(&Instruction::I32Const(slot as i32));
        door.instruction(&Instruction::CallIndirect { type_index: kind, table_index: 0 });
        door.instruction(&Instruction::End);
        door
    }

    fn make_sure(&self) -> Function {
        let mut sure = Function::new([]);
        sure.instruction(&Instruction::GlobalGet(self.missing()));
        sure.instruction(&Instruction::If(wasm_encoder::BlockType::Empty));
        sure.instruction(&Instruction::Call(self.fetch()));
        sure.instruction(&Instruction::End);
        sure.instruction(&Instruction::End);
        sure
    }
}

/// Writes functions as they were, but for where others are.
struct Moved<'a> {
    plan: &'a Plan<'a>,
    to: BTreeMap<u32, u32>,
}

type Written = Result<(), Error<&'static str>>;

impl Moved<'_> {
    fn bodies(&mut self, code: &mut CodeSection, functions: &BTreeSet<u32>) -> Written {
        for function in functions {
            let Some(body) = self.plan.program.body(*function) else { continue };
            let mut moved = self.new_function_with_parsed_locals(body)?;
            if self.plan.watched {
                moved.instruction(&Instruction::I32Const(*function as i32));
                moved.instruction(&Instruction::GlobalSet(self.plan.missing()));
                moved.instruction(&Instruction::Call(self.plan.fetch()));
            }
            let mut operators = body.get_operators_reader()?;
            while !operators.eof() {
                moved.instruction(&self.parse_instruction(&mut operators)?);
            }
            code.function(&moved);
        }
        Ok(())
    }
}

/// What the first part differs in from the whole; the second is written section by section.
impl Reencode for Moved<'_> {
    type Error = &'static str;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        self.to.get(&function).copied().ok_or(Error::UserError("a function is in neither part"))
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, from: wasmparser::TypeSectionReader<'_>) -> Written {
        utils::parse_type_section(self, types, from)?;
        types.ty().function([], []);
        Ok(())
    }

    fn parse_import_section(&mut self, imports: &mut ImportSection, _: wasmparser::ImportSectionReader<'_>) -> Written {
        let Plan { program, first, .. } = self.plan;
        for function in first.iter().filter(|one| program.is_import(**one)) {
            let (module, name) = &program.imports[*function as usize];
            imports.import(module, name, EntityType::Function(self.plan.type_of(*function)));
        }
        imports.import(FETCH.0, FETCH.1, EntityType::Function(self.plan.plain()));
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        to: &mut FunctionSection,
        _: wasmparser::FunctionSectionReader<'_>,
    ) -> Written {
        let plan = self.plan;
        let own = plan.first.iter().filter(|one| !plan.program.is_import(**one)).map(|one| plan.type_of(*one));
        let doors = plan.doors.keys().map(|one| plan.type_of(*one));
        own.chain([plan.plain()]).chain(doors).for_each(|kind| {
            to.function(kind);
        });
        Ok(())
    }

    fn parse_table_section(&mut self, tables: &mut TableSection, _: wasmparser::TableSectionReader<'_>) -> Written {
        for (number, table) in self.plan.program.tables.iter().enumerate() {
            let mut table = self.table_type(*table)?;
            if number == 0 {
                table.minimum = u64::from(self.plan.slots);
                table.maximum = table.maximum.map(|most| most.max(table.minimum));
            }
            tables.table(table);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        from: wasmparser::GlobalSectionReader<'_>,
    ) -> Written {
        utils::parse_global_section(self, globals, from)?;
        let missing = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(missing, &ConstExpr::i32_const(1));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        from: wasmparser::ExportSectionReader<'_>,
    ) -> Written {
        utils::parse_export_section(self, exports, from)?;
        exports.export(MISSING, ExportKind::Global, self.plan.missing());
        for ((kind, index), name) in &self.plan.shared {
            let index = if *kind == 0 { self.function_index(*index)? } else { *index };
            exports.export(name, KINDS[usize::from(*kind)], index);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, _: wasmparser::CodeSectionReader<'_>) -> Written {
        self.bodies(code, &self.plan.first)?;
        code.function(&self.plan.make_sure());
        for (function, slot) in &self.plan.doors {
            code.function(&self.plan.door(*function, *slot));
        }
        Ok(())
    }

    /// Names don't ship.
    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Written {
        Ok(())
    }
}

/// The second part.
fn later(plan: &Plan<'_>, module: &[u8]) -> Result<Vec<u8>, Error<&'static str>> {
    let mut moved = Moved { plan, to: plan.in_later() };
    let program = &plan.program;
    let mut types = TypeSection::new();
    for section in Parser::new(0).parse_all(module) {
        if let Payload::TypeSection(section) = section? {
            moved.parse_type_section(&mut types, section)?;
        }
    }
    let mut imports = ImportSection::new();
    for function in &plan.imports {
        let kind = EntityType::Function(plan.type_of(*function));
        match program.imports.get(*function as usize) {
            Some((module, name)) => imports.import(module, name, kind),
            None => imports.import(FIRST, &plan.shared[&(0, *function)], kind),
        };
    }
    for ((kind, index), name) in plan.shared.iter().filter(|((kind, _), _)| *kind > 0) {
        let what = match kind {
            1 => EntityType::Table(wasm_encoder::TableType {
                minimum: 0,
                maximum: None,
                ..moved.table_type(program.tables[*index as usize])?
            }),
            2 => EntityType::Memory(wasm_encoder::MemoryType {
                minimum: 0,
                maximum: None,
                memory64: false,
                shared: false,
                page_size_log2: None,
            }),
            _ => EntityType::Global(moved.global_type(program.globals[*index as usize])?),
        };
        imports.import(FIRST, name, what);
    }
    let mut functions = FunctionSection::new();
    plan.later.iter().for_each(|function| {
        functions.function(plan.type_of(*function));
    });
    let mut elements = ElementSection::new();
    let pointed = program.slots.iter().filter(|(_, function)| plan.later.contains(function));
    let filled: BTreeMap<u32, u32> = pointed.map(|(slot, function)| (*slot, *function)).collect();
    let filled = filled.into_iter().chain(plan.doors.iter().map(|(function, slot)| (*slot, *function)));
    let filled: Vec<(u32, u32)> = filled.collect::<BTreeMap<_, _>>().into_iter().collect();
    // One element fills slots that follow each other.
    for run in filled.chunk_by(|(slot, _), (next, _)| slot + 1 == *next) {
        let functions: Result<Vec<_>, _> = run.iter().map(|(_, function)| moved.function_index(*function)).collect();
        elements.active(None, &ConstExpr::i32_const(run[0].0 as i32), Elements::Functions((&functions?[..]).into()));
    }
    let mut code = CodeSection::new();
    moved.bodies(&mut code, &plan.later)?;
    let mut part = Module::new();
    part.section(&types).section(&imports).section(&functions).section(&elements).section(&code);
    Ok(part.finish())
}

/// Cuts `module` in two: all functions whose names `is_later` are in the second part, unless they are tiny.
pub(crate) fn cut(module: &[u8], is_later: impl Fn(&str) -> bool) -> Outcome<Parts> {
    let mut program = Program::read(module)?;
    let renamed = program.shorten();
    let plan = Plan::new(program, is_later)?;
    let later = later(&plan, module).map_err(|error| error.to_string())?;
    let parts = Parts { first: first(&plan, module)?, later, renamed };
    Validator::new().validate_all(&parts.later)?;
    Ok(parts)
}

/// `module` in one part that tells what runs: whenever a function begins, it leaves its number in `missing` and fetches. And
/// its functions.
pub(crate) fn watched(module: &[u8]) -> Outcome<(Vec<u8>, Vec<Known>)> {
    let plan = Plan { watched: true, ..Plan::new(Program::read(module)?, |_| false)? };
    let functions = plan.first.iter().filter_map(|function| {
        let length = plan.program.body(*function)?.as_bytes().len();
        Some((*function, length, plan.program.names.get(function)?.clone()))
    });
    Ok((first(&plan, module)?, functions.collect()))
}

fn first(plan: &Plan<'_>, module: &[u8]) -> Outcome<Vec<u8>> {
    let mut first = Module::new();
    let mut moved = Moved { plan, to: plan.in_first() };
    moved.parse_core_module(&mut first, Parser::new(0), module).map_err(|error| error.to_string())?;
    let first = first.finish();
    Validator::new().validate_all(&first)?;
    Ok(first)
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{MemorySection, MemoryType, NameMap, NameSection, RefType, TableType};

    use super::*;

    /// `main` calls `long`, `long` calls `short`, and a slot points to `long`.
    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], []);
        let mut imports = ImportSection::new();
        imports.import("./page.js", "__wbg_log_0123456789abcdef", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        (0..3).for_each(|_| {
            functions.function(0);
        });
        let mut tables = TableSection::new();
        let table =
            TableType { element_type: RefType::FUNCREF, minimum: 2, maximum: Some(2), table64: false, shared: false };
        tables.table(table);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut globals = GlobalSection::new();
        let stack = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(stack, &ConstExpr::i32_const(64));
        let mut exports = ExportSection::new();
        exports.export("main", ExportKind::Func, 1);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(1), Elements::Functions((&[2][..]).into()));
        let mut code = CodeSection::new();
        for (callee, nothing) in [(2, 0), (3, DOOR), (0, 0)] {
            let mut body = Function::new([]);
            (0..nothing).for_each(|_| {
                body.instruction(&Instruction::Nop);
            });
            body.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::Call(callee));
            body.instruction(&Instruction::End);
            code.function(&body);
        }
        let mut called = NameMap::new();
        for (index, name) in
            ["log", "lab[0123456789abcdef]::main", "lab[0123456789abcdef]::long", "lab::short"].iter().enumerate()
        {
            called.append(index as u32, name);
        }
        let mut names = NameSection::new();
        names.functions(&called);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&tables)
            .section(&memories)
            .section(&globals);
        module.section(&exports).section(&elements).section(&code).section(&names);
        module.finish()
    }

    type Found<'a> = (Vec<usize>, BTreeMap<u32, u32>, Vec<(&'a str, &'a str)>);

    /// How many bytes each function of a part has; which function is in which slot; what it imports.
    fn found(part: &[u8]) -> Found<'_> {
        let (mut program, mut imports) = (Program::default(), Vec::new());
        for payload in Parser::new(0).parse_all(part) {
            match payload.expect("just written") {
                Payload::ImportSection(section) => {
                    imports.extend(
                        section.into_imports().map(|import| import.map(|import| (import.module, import.name)).unwrap()),
                    );
                }
                other => program.take(other).expect("just written"),
            }
        }
        (program.bodies.iter().map(|body| body.as_bytes().len()).collect(), program.slots, imports)
    }

    #[test]
    fn a_function_is_in_the_second_part_and_a_door_to_it_in_the_first() {
        let parts = cut(&module(), |name| name == "lab::long").expect("it can be cut");
        let (first, slots, imports) = found(&parts.first);
        assert!(first.len() == 4 && first.iter().all(|length| *length < DOOR), "main, short, sure, door: {first:?}");
        assert_eq!(imports, [("./page.js", "i0"), FETCH]);
        assert_eq!(slots, BTreeMap::from([(1, 5)]), "the door is last, behind two imports");
        let (later, slots, imports) = found(&parts.later);
        assert!(later.len() == 1 && later[0] > DOOR, "{later:?}");
        assert_eq!(slots, BTreeMap::from([(1, 1)]), "it takes the place of its door");
        let shared = ["0", "1", "2", "3"].map(|name| (FIRST, name));
        assert_eq!(imports, shared, "short, table, memory and stack pointer of the first part");
        assert_eq!(parts.renamed, [("__wbg_log_0123456789abcdef".to_owned(), "i0".to_owned())]);
    }

    #[test]
    fn what_is_tiny_or_not_named_stays() {
        for stays in ["lab::short", "lab::lon", "log", "lab[0123456789abcdef]::long"] {
            let parts = cut(&module(), |name| name == stays).expect("it can be cut");
            assert_eq!((found(&parts.first).0.len(), found(&parts.later).0.len()), (4, 0), "{stays}");
        }
    }

    #[test]
    fn what_is_watched_is_whole_and_known_by_name() {
        let (whole, functions) = watched(&module()).expect("it can be watched");
        assert_eq!(found(&whole).0.len(), 4);
        let names: Vec<&str> = functions.iter().map(|(_, _, name)| name.as_str()).collect();
        assert_eq!(names, ["lab::main", "lab::long", "lab::short"]);
    }

    #[test]
    fn hashes_are_no_part_of_a_name() {
        assert_eq!(without_hashes("<a[0123456789abcdef]::B as c[fedcba9876543210]::D>::e"), "<a::B as c::D>::e");
        assert_eq!(without_hashes("<[u8] as c[fedcba9876543210]::D<[u8; 16]>>::e"), "<[u8] as c::D<[u8; 16]>>::e");
        assert_eq!((without_hashes("a::f.12"), without_hashes("a::f12")), ("a::f".to_owned(), "a::f12".to_owned()));
    }
}
