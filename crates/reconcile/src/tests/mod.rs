mod causes;
mod sums;
mod world;
