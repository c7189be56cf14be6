"""The doors: shops, carriers and channels, where the outside world is translated once into our words."""
