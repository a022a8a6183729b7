//! The project's automation: test, package, deploy.
//!
//! It is a library too, so that the deployed test starts the same local AWS and builds the same zips as the commands.

mod affected;
mod bench;
mod checks;
mod chromium;
mod command;
mod debian;
mod deploy;
mod error;
mod fault_proxy;
mod fuzz;
mod local_alarms;
mod local_aws;
mod local_template;
mod moto;
mod package;
mod python;
mod quick;
mod release;
mod sbom;
mod scale;
mod server;
mod simulation;
mod steps;
mod template_checks;
mod vendor;
mod verify_on_aws;
mod workspace;

pub use bench::bench;
pub use checks::{chaos, test};
pub use chromium::chromium;
pub use deploy::{Deployment, deploy_local, in_aws};
pub use error::{Error, Result};
pub use fault_proxy::FaultProxy;
pub use fuzz::fuzz;
pub use local_alarms::SUMMED_ALARMS;
pub use local_aws::{LocalAws, REGION};
pub use local_template::{Difference, LOCAL_EDITS, LocalEdit, localize};
pub use moto::Moto;
pub use package::{Architecture, FUNCTIONS, Profile, package};
pub use python::python_interpreter;
pub use quick::quick_test;
pub use release::{archive, release};
pub use sbom::sbom;
pub use scale::scale;
pub use simulation::simulate;
pub use template_checks::check_template;
pub use vendor::vendor;
pub use verify_on_aws::{CONTRACT_AT, CONTRACT_PREFIX, verify_on_aws};
pub use workspace::{root, template_path};
