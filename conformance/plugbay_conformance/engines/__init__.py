"""The engines that cases run on."""
