"""The artifact that goes from the work job to the publish job: written there, read and checked here."""
