"""The status of the bus as a picture: what `event_bus.status` knows, drawn on the server. Nothing is computed anew."""
