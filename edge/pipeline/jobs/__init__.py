"""The spine for jobs: many pictures in, many out, nothing kept."""
