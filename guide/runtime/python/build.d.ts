/* What vite.config.ts knows of Pyodide: its folder under assets, and its size. */
declare const __PYTHON_FOLDER__: string;
declare const __PYTHON_BYTES__: number;
