"""Pure, tested analytics: arrays in, frozen results out, the standard cited."""
