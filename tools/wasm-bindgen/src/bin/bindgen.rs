//! `bindgen <core.wasm> <folder>`: writes the ES-module glue, its types and the bound module into the folder.

use anyhow::{Context, Result, bail};
use walrus::{ExportItem, Module, ValType};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(input), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        bail!("usage: bindgen <core.wasm> <folder>");
    };
    let mut output = Bindgen::new()
        .input_path(&input)
        .out_name("leastkey")
        .web(true)?
        .typescript(true)
        // A loader hands over the module; the glue never fetches one by itself.
        .omit_default_module_path(true)
        // `__wbg_reset_state()` starts a fresh instance after a trap.
        .reset_state_function(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("wasm-bindgen could not bind {}", input.display()))?;
    refuse_returned_references(output.wasm())?;
    output
        .emit(&folder)
        .with_context(|| format!("could not write into {}", folder.display()))
}

/// V8 (Node 20 and 22) can abort the process when an export that returns a reference runs while its optimised caller
/// is deoptimised, so no export may return one.
fn refuse_returned_references(module: &Module) -> Result<()> {
    for export in module.exports.iter() {
        if let ExportItem::Function(function) = export.item {
            let results = module.types.results(module.funcs.get(function).ty());
            if results.iter().any(|result| matches!(result, ValType::Ref(_))) {
                bail!(
                    "the export `{}` returns a JavaScript value (externref), which can abort Node 20 and 22; \
                     return a number, a string or a struct, or write the value into an `out` array",
                    export.name
                );
            }
        }
    }
    Ok(())
}
