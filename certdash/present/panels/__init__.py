"""One module for each panel: a Snapshot and its Diagnosis in, a PanelView out."""
