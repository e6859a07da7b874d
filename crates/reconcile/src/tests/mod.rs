mod balance;
mod causes;
mod sums;
mod world;
