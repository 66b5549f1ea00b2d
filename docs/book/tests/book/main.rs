//! What the book says of itself: every listing is compiled, every link leads somewhere, and nothing that is public is left unnamed.

mod features;
mod items;
mod links;
mod listings;
mod options;
mod pages;
mod pictures;
