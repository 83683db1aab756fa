"""What each event looks like, who announces and who hears it, and that none of it changes under its readers."""
